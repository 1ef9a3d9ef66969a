/*
 * kind - everything about a kind of record is one row and one table of fields.
 *
 * Source   proto/kinds.md (made to match the tables by tests/unit/proto/test_kind.c)
 * Shape    a body is a CBOR map; its keys are field numbers; keys 1 to 31 are one common table
 * Law      there is no `case KIND_` outside proto/kinds: validation, forms, help, JSON, search weights,
 *          exports and documents follow from the rows
 *          unknown keys and kinds are kept byte for byte
 */
#ifndef KILIM_PROTO_KIND_H
#define KILIM_PROTO_KIND_H

#include "proto/buf.h"
#include "proto/envelope.h"
#include "proto/err.h"

enum collection { COLLECTION_MEMBERSHIP, COLLECTION_DIRECTORY, COLLECTION_EXCHANGE, COLLECTION_LIBRARY,
	COLLECTION_STATISTICS, COLLECTIONS };
const char *collection_word(enum collection c);

/* Numbers: collection x 256 + n; bit 7 of n: a machine key may sign; bit 6: life 120 days (reach 90). */
enum {
	KIND_CHARTER = 0x001, KIND_ROLL = 0x002, KIND_APPROVAL = 0x003, KIND_ADMISSION = 0x004,
	KIND_STANDING = 0x005, KIND_REMOVAL = 0x006, KIND_SUCCESSION = 0x007, KIND_ERASURE = 0x008,
	KIND_NODE = 0x009, KIND_REACH = 0x0c1, KIND_RECEIPT = 0x0c2,
	KIND_ORGANISATION = 0x101, KIND_SERVICE = 0x102, KIND_LOCATION = 0x103, KIND_PROGRAM = 0x104, KIND_PLACE = 0x105,
	KIND_TAXONOMY = 0x106, KIND_TERM = 0x107, KIND_PATHWAY = 0x108, KIND_ENDORSEMENT = 0x109, KIND_NOTICE = 0x10a,
	KIND_FLAG = 0x10b, KIND_CLAIM = 0x10c, KIND_TRANSLATION = 0x10d, KIND_LETTER = 0x10e,
	KIND_NEED = 0x201, KIND_OFFER = 0x202, KIND_EXPERTISE = 0x203, KIND_EVENT = 0x204, KIND_OPPORTUNITY = 0x205,
	KIND_INITIATIVE = 0x206, KIND_COMMENT = 0x207, KIND_GROUP = 0x208, KIND_STORY = 0x209
};

enum field_type {
	FIELD_TEXT,      /* CBOR text; JSON string */
	FIELD_MLTEXT,    /* array of [tag, text, flags]; JSON {"sr": "...", "en": "...", "source": "en" when not first} */
	FIELD_LANGUAGE,  /* ISO 639-3 code as text */
	FIELD_UINT, FIELD_INT, FIELD_BOOL,
	FIELD_DATE,      /* days since 1970-01-01 as int; JSON "2026-01-31" */
	FIELD_TIME,      /* Unix seconds as int; JSON RFC 3339 UTC */
	FIELD_REFERENCE, /* [author 32, name 16]; JSON "org1.../UUID", a bare UUID: the same author */
	FIELD_CODE,      /* a word of the row's code list, as text */
	FIELD_URL, FIELD_PHONE, FIELD_EMAIL,
	FIELD_BLOB,      /* 32 bytes; JSON "blob1..." */
	FIELD_KEY,       /* 32 bytes, an organisation's key; JSON "org1..." */
	FIELD_HASH,      /* 32 bytes; JSON "rec1..." */
	FIELD_NODE,      /* 32 bytes; JSON "node1..." */
	FIELD_BYTES,     /* JSON base64url without padding */
	FIELD_GROUP,     /* nested table: map */
	FIELD_STAMP,     /* a hybrid clock stamp as uint; JSON RFC 3339 with its counter (stamp.h) */
	FIELD_DEGREES,   /* microdegrees as int; JSON a number of degrees with up to six decimals */
	FIELD_TAG,       /* BCP 47 tag as text: sr-Cyrl, rmn */
	FIELD_TYPES
};

/* What a code means is a row as well; `label` is a msgid. */
struct code {
	const char *word;
	const char *label;
	unsigned flags;
};
/* What entries can be filtered and counted by: every field that takes its codes from the list tells it. */
enum facet { FACET_NONE, FACET_TERRITORY, FACET_TOPIC, FACET_CHANNEL, FACET_ACCESS };
#define CODE_CONFIDENTIAL 1u   /* a service of this kind starts as redacted (shelter, safe house ...) */
#define CODE_URGENT 2u         /* a service of this kind is due for verification after 90 days */
#define CODE_REMOTE 8u         /* help by this way needs no journey */
#define CODE_UNPROTECTED 4u    /* tells who came to see whom: not offered to, nor accepted by, protected organisations */
#define CODE_LIFELINE 8u       /* a service of this kind is never hidden for what others say of it: it is marked only */
/* What a record that speaks of another entry does to it (enum says): */
#define CODE_CONFIRMS 16u      /* it is true, as of the day this was said */
#define CODE_EXPOSES 32u       /* it tells a place that must stay unknown: nobody shows where it is */
#define CODE_CAUTIONS 64u      /* caution is advised; it holds for later versions as well */
#define CODE_REMOVES 128u      /* those it is about want it gone */
struct code_list {
	const char *name;
	const struct code *codes;
	size_t count;
	/* Other spellings that people type ("Kosovë" for XK); NULL: the words only. Never for stored bytes. */
	const struct code *(*spoken)(const char *text);
	enum facet facet;
};
const struct code *code_find(const struct code_list *l, struct bytes word);
/* For messages: "exact, municipality", of a long list the first eight words "and 20 more". Appends. */
#define CODES_NAMED 8
void code_names(const struct code_list *l, struct buf *out);

enum {
	FIELD_REQUIRED = 1,
	FIELD_LIST = 2,           /* array of the type */
	FIELD_PRIVATE = 4,        /* never leaves the node: side table, not the record */
	FIELD_PLACE = 8,          /* tells where: refused by the redaction validator at level territory and below */
	FIELD_EXACT = 16,         /* tells exactly where: only at disclosure exact */
	FIELD_COMPUTED = 64,      /* shown, never taken from people */
	FIELD_MEMBERS = 128,      /* for members: a record that has it is not public (top level only) */
	FIELD_COORDINATOR = 256,  /* only a coordinator writes it (top level only) */
	FIELD_FOLLOWS = 512,      /* a reference to what the record is about: it is never shown more widely than that */
	FIELD_SCOPE = 1024        /* codes in the order of audiences: the widest that may be shown to (top level only) */
};

/*
 * A rule between the fields of one map: a body's own level, or a group's. It binds the author, like all the rest of a
 * row. Where its condition holds, its demand is judged.
 */
enum rule_demand {
	RULE_NEEDS,               /* one of FIELDS stands */
	RULE_FORBIDS,             /* none of FIELDS stands */
	RULE_ORDERS,              /* the first of FIELDS is not above the second, where both stand */
	RULE_AT_MOST              /* so many live entries of one author meet the condition: judged where entries are made */
};
struct rule {
	enum rule_demand demand;
	uint16_t when;            /* the condition: this field stands; 0: always */
	const char *is;           /* ... and is this code; NULL: any value */
	uint32_t below;           /* ... and is a number below this; 0: any value */
	uint16_t beside[2];       /* ... and one of these stands beside it; 0: not asked */
	uint16_t fields[3];       /* what the demand is about, ended by 0 */
	unsigned most;            /* RULE_AT_MOST */
	const char *help;         /* one line, a msgid: what holds, and what to do */
};
#define RULE_ROWS(table) .rules = (table), .rule_count = sizeof(table) / sizeof *(table)

struct field {
	uint16_t number;
	const char *word;                 /* JSON's name, research 6.2's word */
	enum field_type type;
	unsigned flags;
	uint32_t min, max;                /* bytes of a text (each text of an mltext), value of a uint, size of an
	                                   * int to both sides of 0; 0: the type's own */
	uint16_t max_count;               /* items of a list; 0: 64 */
	const struct code_list *codes;    /* FIELD_CODE */
	uint16_t target;                  /* FIELD_REFERENCE: the kind it must name; 0: any */
	const struct field *fields;       /* FIELD_GROUP */
	size_t field_count;
	uint8_t weight;                   /* search weight; 0: not searched */
	const char *hsds, *schema_org;    /* paths for export; NULL: none */
	const char *help;                 /* one line, a msgid */
	const char *preset;               /* FIELD_CODE: what a new entry says where nothing is said; NULL: nothing */
	const struct rule *rules;         /* FIELD_GROUP: between its own fields */
	size_t rule_count;
};

enum author { AUTHOR_MEMBER, AUTHOR_COORDINATOR };
/*
 * What records of a kind say of another entry, and so change of what readers see of that one (kinds.md "What others say").
 * They have a reference `about`; those who vouch have a key `subject`, and `accepts` where the subject agrees.
 */
enum says { SAYS_NOTHING, SAYS_FLAG, SAYS_CLAIM, SAYS_TRANSLATION, SAYS_ENDORSEMENT };
enum {
	KIND_LASTING = 1,     /* name is the first 16 bytes of nothing: the key is the record id; nothing supersedes it */
	KIND_INTERNAL = 2,    /* no `KIND add` for people: made by other commands */
	KIND_NAMED_ZERO = 4,  /* one an author: named by 16 zero bytes (node) */
	KIND_NAMED_NODE = 8,  /* named by the first 16 bytes of the node id (reach, receipt) */
	KIND_ERASED = 16,     /* withdrawing it erases it: nobody keeps an earlier version (story) */
	KIND_CONSENT = 32,    /* rests on a person's consent: the private field "consent" says that it was given (story) */
	KIND_FADES = 64,      /* hidden from others once it is stale (need, offer) */
	KIND_BESIDE = 128     /* words for, or words about, other entries: searches find it only when asked for it (term) */
};

struct kind {
	uint16_t number;
	const char *word;                 /* "service" */
	const char *words;                /* plural, for headings: "services" */
	unsigned flags;
	enum author author;
	uint16_t verify_days;             /* 0: never due */
	uint32_t max_body;                /* bytes; binds the author */
	enum audience audience, widest;   /* default; widest (smallest number) an author may choose */
	const struct field *fields;       /* without the common ones */
	size_t field_count;
	uint16_t title;                   /* number of the field that names it in lists */
	uint16_t end;                     /* number of the date or time after which it is hidden; 0: none */
	uint16_t code;                    /* number of the text by which people may name it in references; 0: none */
	enum says says;                   /* of another's entry */
	const struct rule *rules;         /* between fields of the body */
	size_t rule_count;
	const char *help, *example;       /* one line; a JSON example that is valid */
	/* Rules beyond the fields, at the author's side; NULL: none. */
	enum err_code (*check)(const struct kind *k, const struct record *r, struct err *e);
};

extern const struct kind *const kinds[];
extern const size_t kinds_count;
/* Fields 1 to 31, the same in every kind that people author (verification, provenance, tags ...). */
extern const struct field common_fields[];
extern const size_t common_fields_count;

const struct kind *kind_find(uint32_t number);
const struct kind *kind_by_word(const char *word);
/* A row's field by number or word, its own first, then the common ones (none for internal kinds). NULL: unknown. */
const struct field *kind_field(const struct kind *k, uint64_t number);
const struct field *kind_field_by_word(const struct kind *k, const char *word);
/* The field NUMBER of one table; NULL: it has none. */
const struct field *kind_field_in(const struct field *fields, size_t count, uint64_t number);

/* Constants of the number alone, so that versions agree on unknown kinds. */
bool kind_is_lasting(uint32_t number);
bool kind_machine_may_sign(uint32_t number);
/* Days of life; 0: unlimited. Directory and exchange 400, library 1,826, statistics 7,305, membership unlimited;
 * with bit 6 set 120, reach 90. */
unsigned kind_life_days(uint32_t number);

/*
 * The author's side: does BODY (canonical CBOR map) keep every rule of its row? Unknown keys are refused here.
 *   ERR_INPUT    names the field's word, the rule ("required", "type", "code", "utf-8", ...) and the reason
 *   ERR_LIMIT    a text, list or the body is too long
 */
enum err_code kind_check(const struct kind *k, const struct record *r, struct err *e);

/* The same for the map of private fields that stays in the side table: nothing else may be in it. */
enum err_code kind_check_private(const struct kind *k, struct bytes map, struct err *e);
/*
 * May BODY be shown to AUDIENCE: not more widely than its row, its fields for members and its stated scope say?
 *   ERR_INPUT    object is the field, or "audience"; rule "widest", "members" or "scope"
 */
enum err_code kind_check_audience(const struct kind *k, struct bytes body, enum audience audience, struct err *e);
/* The narrowest audience that BODY's own fields ask for, from FROM on; *OUT_WHY is the field that asked, or NULL. */
enum audience kind_audience_of(const struct kind *k, struct bytes body, enum audience from, const struct field **out_why);
/* What kinds that rest on consent ask of the private map; ERR_INPUT "consent", "required". */
enum err_code kind_check_consent(const struct kind *k, struct bytes private_fields, struct err *e);
/* The first field of BODY's own level that has one of FLAGS; NULL: none. */
const struct field *kind_flagged(const struct kind *k, struct bytes body, unsigned flags);
/* The longest a text, url, ... of this field may be, its type's own where the row says 0. */
uint32_t field_max(const struct field *f);
/* Items of a list, the same way. */
uint32_t field_max_count(const struct field *f);
/* Syntax of one word, as kind_check judges it; NULL when right, else the reason as part of a sentence. */
const char *field_fault(enum field_type type, struct bytes text);
/* BCP 47 by shape, up to 35 bytes. */
bool tag_valid(struct bytes tag);

/* The value of field NUMBER in a body map, as the bytes of one CBOR item; empty when absent. */
struct bytes body_get(struct bytes body, uint64_t number);
/* The first (source) text of a text or mltext field; empty when absent. PREFER (may be NULL) picks a language tag. */
struct bytes body_text(struct bytes body, uint64_t number, const char *prefer);
/* Its text number AT, from 0, in whatever language; false: there are no more. */
bool body_text_at(struct bytes body, uint64_t number, size_t at, struct bytes *out);
/* The unsigned number there; false: absent, or something else. */
bool body_uint(struct bytes body, uint64_t number, uint64_t *out);
/* The 32 bytes of a key, hash or id there; false: absent, or something else. */
bool body_id(struct bytes body, uint64_t number, struct id *out);

#endif

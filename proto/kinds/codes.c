#include "proto/kinds/tables.h"

/* One line a list: C name, its name in documents, its rows. */
#define LIST(symbol, title, ...)                                  \
	static const struct code symbol##_rows[] = { __VA_ARGS__ };   \
	const struct code_list symbol##_codes = { title, symbol##_rows, COUNT(symbol##_rows), NULL }

/* membership */
LIST(class, "class",
	{ "cso", "civil-society organisation", 0 },
	{ "institution", "public institution", 0 },
	{ "observer", "observer", 0 });

LIST(entry, "entry state",
	{ "active", "active", 0 },
	{ "suspended", "suspended", 0 },
	{ "removed", "removed", 0 },
	{ "succeeded", "succeeded by another key", 0 });

LIST(action, "action",
	{ "suspend", "suspend", 0 },
	{ "reinstate", "reinstate", 0 });

LIST(reason, "reason",
	{ "key-lost", "the key was lost", 0 },
	{ "key-stolen", "the key was stolen", 0 },
	{ "own-wish", "at its own wish", 0 },
	{ "safety", "safety of people", 0 },
	{ "charter-rule", "a rule of the charter", 0 });

LIST(erased, "erased",
	{ "key", "every version of a record", 0 },
	{ "blob", "a file", 0 });

LIST(erasure_reason, "erasure reason",
	{ "own-wish", "the author's own wish", 0 },
	{ "safety", "safety of people", 0 },
	{ "personal-data", "personal data", 0 },
	{ "unlawful", "unlawful content", 0 },
	{ "charter-rule", "a rule of the charter", 0 });

/* every kind that people author */
LIST(method, "method",
	{ "self", "verified by the organisation itself", 0 },
	{ "phone", "verified by telephone", 0 },
	{ "visit", "verified by a visit", 0 },
	{ "document", "verified from a document", 0 },
	{ "never", "never verified", 0 });

LIST(provenance, "provenance",
	{ "none", "written by people", 0 },
	{ "assisted", "written by people with a program's help", 0 },
	{ "generated", "written by a program", 0 });

LIST(status, "status",
	{ "active", "active", 0 },
	{ "inactive", "inactive", 0 },
	{ "temporarily-closed", "temporarily closed", 0 },
	{ "defunct", "no longer exists", 0 });

/* directory */
LIST(relation, "relation",
	{ "self", "entered by the organisation itself", 0 },
	{ "hosted", "entered by another member at its wish", 0 },
	{ "listed", "public knowledge, not confirmed", 0 });

LIST(actor, "actor type",
	{ "cso", "civil-society organisation", 0 },
	{ "informal-group", "informal group", 0 },
	{ "municipality", "municipality", 0 },
	{ "ministry", "ministry or agency", 0 },
	{ "school", "school or university", 0 },
	{ "company", "company", 0 },
	{ "media", "media", 0 },
	{ "donor", "donor", 0 },
	{ "regional-body", "regional body", 0 },
	{ "un", "United Nations body", 0 });

LIST(size, "size class",
	{ "volunteer", "volunteers only", 0 },
	{ "1-5", "1 to 5 people paid", 0 },
	{ "6-20", "6 to 20 people paid", 0 },
	{ "21+", "21 people paid, or more", 0 });

LIST(group, "focus group",
	{ "women", "women", 0 },
	{ "girls", "girls", 0 },
	{ "children", "children", 0 },
	{ "youth", "young people", 0 },
	{ "older-people", "older people", 0 },
	{ "men-and-boys", "men and boys", 0 },
	{ "rural-women", "women in rural areas", 0 },
	{ "roma", "Roma, Ashkali and Egyptian communities", 0 },
	{ "minorities", "other minorities", 0 },
	{ "lgbti", "LGBTI people", 0 },
	{ "people-with-disabilities", "people with disabilities", 0 },
	{ "migrants", "migrants, refugees and displaced people", 0 },
	{ "survivors-of-violence", "survivors of violence", 0 },
	{ "single-parents", "single parents", 0 },
	{ "entrepreneurs", "women in business", 0 },
	{ "journalists", "journalists", 0 },
	{ "public-servants", "public servants", 0 },
	{ "everyone", "everyone", 0 });

LIST(accessibility, "accessibility",
	{ "wheelchair", "entered by wheelchair", 0 },
	{ "wheelchair-toilet", "toilet for wheelchair users", 0 },
	{ "lift", "lift", 0 },
	{ "sign-language", "sign language", 0 },
	{ "hearing-loop", "hearing loop", 0 },
	{ "braille", "Braille or large print", 0 },
	{ "easy-language", "easy language", 0 },
	{ "assistance-dog", "assistance dogs welcome", 0 },
	{ "child-friendly", "children may come along", 0 },
	{ "step-free-transport", "reached without steps by public transport", 0 });

LIST(service, "service kind",
	{ "shelter", "shelter", CODE_CONFIDENTIAL | CODE_URGENT },
	{ "safe-house", "safe house", CODE_CONFIDENTIAL | CODE_URGENT },
	{ "crisis-accommodation", "crisis accommodation", CODE_CONFIDENTIAL | CODE_URGENT },
	{ "anti-trafficking", "help for victims of trafficking", CODE_CONFIDENTIAL | CODE_URGENT },
	{ "helpline", "helpline", CODE_URGENT },
	{ "crisis-centre", "crisis centre for victims of sexual violence", CODE_URGENT },
	{ "counselling", "counselling", 0 },
	{ "psychosocial-support", "psychosocial support", 0 },
	{ "legal-aid", "legal aid", 0 },
	{ "court-support", "company to court and police", 0 },
	{ "health-care", "health care", 0 },
	{ "reproductive-health", "reproductive health", 0 },
	{ "child-protection", "protection of children", 0 },
	{ "perpetrator-work", "work with perpetrators", 0 },
	{ "case-management", "case management and referral", 0 },
	{ "digital-safety", "safety on line", 0 },
	{ "economic-empowerment", "economic empowerment", 0 },
	{ "employment", "finding work", 0 },
	{ "mentoring", "mentoring", 0 },
	{ "training", "training", 0 },
	{ "training-of-trainers", "training of trainers", 0 },
	{ "education", "education", 0 },
	{ "day-centre", "day centre", 0 },
	{ "food-and-clothing", "food and clothing", 0 },
	{ "equipment", "lending of equipment", 0 },
	{ "interpretation", "interpretation", 0 },
	{ "advocacy", "advocacy", 0 },
	{ "information", "information and advice", 0 });

LIST(channel, "channel",
	{ "phone", "telephone", 0 },
	{ "sms", "text message", 0 },
	{ "web", "web page", 0 },
	{ "chat", "chat", 0 },
	{ "email", "e-mail", 0 },
	{ "video", "video call", 0 },
	{ "in-person", "in person", 0 },
	{ "outreach", "we come to you", 0 });

LIST(phone, "phone type",
	{ "voice", "voice", 0 },
	{ "helpline", "helpline", 0 },
	{ "sms", "text messages", 0 },
	{ "fax", "fax", 0 },
	{ "text", "text telephone", 0 });

LIST(location, "location type",
	{ "physical", "a place to go to", 0 },
	{ "postal", "a place to write to", 0 },
	{ "virtual", "no place, or a place not told", 0 });

/* From the loosest to the strictest: disclose.c compares positions. */
LIST(disclosure, "disclosure",
	{ "exact", "the exact place is shown", 0 },
	{ "municipality", "the municipality is shown", 0 },
	{ "territory", "only the territory is shown", 0 },
	{ "redacted", "withheld for safety", 0 });

const struct code_list *const code_lists[] = {
	&territory_codes, &class_codes, &entry_codes, &action_codes, &reason_codes, &erased_codes,
	&erasure_reason_codes, &method_codes, &provenance_codes, &status_codes, &relation_codes, &actor_codes,
	&size_codes, &group_codes, &accessibility_codes, &service_codes, &channel_codes, &phone_codes,
	&location_codes, &disclosure_codes,
};
const size_t code_lists_count = COUNT(code_lists);

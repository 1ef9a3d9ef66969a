#include "proto/kinds/tables.h"

/* One line a list: C name, its name in documents, what entries are found by through it, its rows. */
#define LIST_OF(facet, symbol, title, ...)                        \
	static const struct code symbol##_rows[] = { __VA_ARGS__ };   \
	const struct code_list symbol##_codes = { title, symbol##_rows, COUNT(symbol##_rows), NULL, facet }
#define LIST(symbol, title, ...) LIST_OF(FACET_NONE, symbol, title, __VA_ARGS__)

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

LIST_OF(FACET_ACCESS, accessibility, "accessibility",
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

LIST_OF(FACET_TOPIC, service, "service kind",
	{ "shelter", "shelter", CODE_CONFIDENTIAL | CODE_URGENT },
	{ "safe-house", "safe house", CODE_CONFIDENTIAL | CODE_URGENT },
	{ "crisis-accommodation", "crisis accommodation", CODE_CONFIDENTIAL | CODE_URGENT },
	{ "anti-trafficking", "help for victims of trafficking", CODE_CONFIDENTIAL | CODE_URGENT },
	{ "helpline", "helpline", CODE_URGENT | CODE_LIFELINE },
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

LIST_OF(FACET_CHANNEL, channel, "channel",
	{ "phone", "telephone", CODE_REMOTE },
	{ "sms", "text message", CODE_REMOTE },
	{ "web", "web page", CODE_REMOTE },
	{ "chat", "chat", CODE_REMOTE },
	{ "email", "e-mail", CODE_REMOTE },
	{ "video", "video call", CODE_REMOTE },
	{ "in-person", "in person", 0 },
	{ "outreach", "we come to you", CODE_REMOTE });

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

LIST(place_level, "place level",
	{ "territory", "territory", 0 },
	{ "region", "region or entity", 0 },
	{ "district", "district, county or canton", 0 },
	{ "municipality", "municipality", 0 },
	{ "settlement", "town or village", 0 });

LIST(place_status, "code status",
	{ "official", "officially assigned", 0 },
	{ "user-assigned", "assigned by its users, as the standard allows", 0 },
	{ "own", "our own", 0 });

LIST(safety, "safety",
	{ "normal", "places of this help may be known", 0 },
	{ "confidential-location", "places of this help must stay unknown", CODE_CONFIDENTIAL });

LIST_OF(FACET_TOPIC, situation, "situation",
	{ "domestic-violence", "violence at home", 0 },
	{ "sexual-violence", "sexual violence", 0 },
	{ "cyberviolence", "violence on line", 0 },
	{ "image-abuse", "intimate pictures shared without consent", 0 },
	{ "stalking", "stalking", 0 },
	{ "harassment", "harassment", 0 },
	{ "workplace-harassment", "harassment at work", 0 },
	{ "economic-violence", "economic violence", 0 },
	{ "trafficking", "trafficking in human beings", 0 },
	{ "forced-marriage", "child, early or forced marriage", 0 },
	{ "child-abuse", "violence against a child", 0 },
	{ "elder-abuse", "violence against an older person", 0 },
	{ "immediate-danger", "danger to life", 0 },
	{ "self-harm", "danger that she harms herself", 0 },
	{ "homelessness", "nowhere to stay", 0 },
	{ "discrimination", "discrimination", 0 },
	{ "hate-speech", "hate speech and threats", 0 },
	{ "displacement", "flight and displacement", 0 },
	{ "legal-question", "a question of law", 0 },
	{ "data-breach", "data about people got out", 0 });

LIST(evidence, "evidence",
	{ "worked-together", "we worked together", 0 },
	{ "trained-together", "one trained the other", 0 },
	{ "shared-referrals", "we refer people to each other", 0 },
	{ "same-network", "we are in the same network", 0 },
	{ "visited", "we visited them", CODE_UNPROTECTED },
	{ "funded", "we fund them, or they us", CODE_UNPROTECTED });

LIST(severity, "severity",
	{ "information", "for information", 0 },
	{ "warning", "warning", 0 },
	{ "urgent", "urgent", 0 });

LIST(flag, "flag reason",
	{ "wrong-phone", "a number is wrong", 0 },
	{ "closed", "it is closed", 0 },
	{ "moved", "it has moved", 0 },
	{ "duplicate", "it stands here twice", 0 },
	{ "correct", "it is correct", CODE_CONFIRMS },
	{ "address-exposed", "it tells an address that must stay unknown", CODE_EXPOSES },
	{ "conduct", "caution is advised", CODE_CAUTIONS });

LIST(confirmed, "confirmed",
	{ "phone", "by telephone", 0 },
	{ "visit", "by a visit", 0 },
	{ "document", "from a document", 0 });

LIST(claim, "claim",
	{ "mine", "it is about us, and ours from now on", 0 },
	{ "remove", "it is about us, and is to be removed", CODE_REMOVES });

/* exchange */
LIST_OF(FACET_TOPIC, category, "category",
	{ "equipment", "equipment", 0 },
	{ "connectivity", "connection to the net", 0 },
	{ "training", "training", 0 },
	{ "expertise", "expertise", 0 },
	{ "mentoring", "mentoring", 0 },
	{ "funding", "funding", 0 },
	{ "space", "rooms", 0 },
	{ "translation", "translation", 0 });

LIST(need, "need stage",
	{ "open", "open", 0 },
	{ "matched", "somebody was found", 0 },
	{ "met", "met", 0 },
	{ "withdrawn", "not needed any more", 0 });

LIST(offer, "offer stage",
	{ "open", "open", 0 },
	{ "reserved", "reserved", 0 },
	{ "handed-over", "handed over", 0 },
	{ "returned", "lent and returned", 0 },
	{ "withdrawn", "not offered any more", 0 });

LIST(urgency, "urgency",
	{ "whenever", "whenever it can be had", 0 },
	{ "soon", "soon", 0 },
	{ "urgent", "urgent", 0 });

LIST(condition, "condition",
	{ "new", "new", 0 },
	{ "good", "used, in good order", 0 },
	{ "worn", "worn, but works", 0 },
	{ "needs-repair", "needs repair", 0 });

LIST(basis, "basis",
	{ "gift", "given", 0 },
	{ "lend", "lent", 0 },
	{ "paid", "paid for", 0 });

LIST(proficiency, "proficiency",
	{ "basic", "basic", 0 },
	{ "advanced", "advanced", 0 },
	{ "expert", "expert", 0 });

LIST(format, "format",
	{ "workshop", "workshop", 0 },
	{ "mentoring", "mentoring", 0 },
	{ "advice", "advice by telephone or in writing", 0 },
	{ "course", "course", 0 },
	{ "online", "on line", 0 },
	{ "visit", "visit", 0 },
	{ "internship", "a stay with us", 0 });

LIST_OF(FACET_TOPIC, event, "event type",
	{ "training", "training", 0 },
	{ "tot", "training of trainers", 0 },
	{ "forum", "forum", 0 },
	{ "working-group", "meeting of a working group", 0 },
	{ "job-fair", "job fair", 0 },
	{ "expo", "exhibition", 0 },
	{ "campaign", "campaign", 0 },
	{ "webinar", "lecture on line", 0 },
	{ "meeting", "meeting", 0 });

LIST(mode, "mode",
	{ "online", "on line", 0 },
	{ "onsite", "in a room", 0 },
	{ "mixed", "in a room and on line", 0 });

LIST_OF(FACET_TOPIC, opportunity, "opportunity type",
	{ "grant", "grant", 0 },
	{ "job", "job", 0 },
	{ "tender", "tender", 0 },
	{ "volunteer", "call for volunteers", 0 },
	{ "scholarship", "scholarship", 0 });

LIST(initiative, "initiative stage",
	{ "idea", "an idea", 0 },
	{ "running", "running", 0 },
	{ "done", "done", 0 },
	{ "given-up", "given up", 0 });

/* In the order of audiences: kind_audience_of compares positions. */
LIST(scope, "scope",
	{ "public", "everybody", 0 },
	{ "members", "members of the network", 0 },
	{ "cso", "civil-society members", 0 });

const struct code_list *const code_lists[] = {
	&territory_codes, &class_codes, &entry_codes, &action_codes, &reason_codes, &erased_codes,
	&erasure_reason_codes, &method_codes, &provenance_codes, &status_codes, &relation_codes, &actor_codes,
	&size_codes, &group_codes, &accessibility_codes, &service_codes, &channel_codes, &phone_codes,
	&location_codes, &disclosure_codes, &place_level_codes, &place_status_codes, &safety_codes, &situation_codes,
	&evidence_codes, &severity_codes, &flag_codes, &confirmed_codes, &claim_codes, &category_codes, &need_codes,
	&offer_codes, &urgency_codes, &condition_codes, &basis_codes, &proficiency_codes, &format_codes, &event_codes,
	&mode_codes, &opportunity_codes, &initiative_codes, &scope_codes,
};
const size_t code_lists_count = COUNT(code_lists);

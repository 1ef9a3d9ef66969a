#include "node/cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/near.h"
#include "node/cli/text.h"

#define TERRITORIES "AL BA ME MK RS XK WB"
#define CLASSES "cso institution observer"
#define REASONS "key-lost key-stolen own-wish safety charter-rule"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct option_row command_globals[] = {
	{ "dir", "DIR", N_("state directory of the node (or KILIM_DIR)"), NULL },
	{ "json", NULL, N_("answer with one JSON document"), NULL },
	{ "plain", NULL, N_("one fact a line, for screen readers (or KILIM_PLAIN=1)"), NULL },
	{ "dry-run", NULL, N_("say what would happen, change nothing"), NULL },
	{ "lang", "TAG", N_("language of texts and messages: sq, bs, hr, sr-Latn, sr-Cyrl, mk, en ..."),
	  "sq bs hr cnr sr-Latn sr-Cyrl mk rom tr en" },
	{ "no-input", NULL, N_("never ask, even on a terminal"), NULL },
	{ "yes", NULL, N_("answer yes to every \"are you sure\""), NULL },
	{ "help", NULL, N_("explain the command"), NULL },
	{ NULL, NULL, NULL, NULL }
};

static const struct option_row init_options[] = {
	{ "name", "NAME", N_("name of your organisation"), NULL },
	{ "territory", "CODE", N_("where it works: AL BA ME MK RS XK, or its name"), TERRITORIES },
	{ "protected", "YES|NO", N_("yes: people at risk live or stay at an address of yours (the default)"), "yes no" },
	{ "listen", "ADDRESS:PORT", N_("where the node can be reached; port 0 picks one"), NULL },
	{ "language", "TAG", N_("language of your texts: sq, sr-Latn, mk ... (else that of the territory)"), NULL },
	{ "keep", "WHAT", N_("everything (the default), or directory with some of exchange, library, statistics"), "everything directory" },
	{ "place", "TOWN", N_("town, only to check the territory; it is not kept"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row create_options[] = {
	{ "language", "TAG", N_("language of the network's name (that of your texts)"), NULL },
	{ "keys", "N", N_("entries that an organisation may have at a time (5000)"), NULL },
	{ "writes-day", "N", N_("entries that it may write or change in a day (2000)"), NULL },
	{ "instead", NULL, N_("although this node waits to be admitted to another network: give that up"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row invite_options[] = {
	{ "territory", "CODE", N_("where they work: AL BA ME MK RS XK, or its name"), TERRITORIES },
	{ "class", "CLASS", N_("cso (the default), institution or observer"), CLASSES },
	{ "auto", NULL, N_("admit them without comparing words; for tests and demonstrations"), NULL },
	{ "days", "N", N_("days until the code ends (7)"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row accept_options[] = {
	{ "name", "NAME", N_("the name under which they ask, where somebody else is called so"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row join_options[] = {
	{ "wait", "SECONDS", N_("how long to wait for the answer (15; on a terminal until it comes)"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row standing_options[] = {
	{ "reason", "CODE", N_("key-lost, key-stolen, own-wish, safety or charter-rule"), REASONS },
	{ "note", "TEXT", N_("a sentence that every member can read"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row admit_options[] = {
	{ "name", "NAME", N_("name of the organisation, when it is admitted anew"), NULL },
	{ "territory", "CODE", N_("its territory, when it is admitted anew"), TERRITORIES },
	{ "class", "CLASS", N_("its class, when it is admitted anew"), CLASSES },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row export_options[] = {
	{ "output", "FILE", N_("where to write it (-o FILE); else standard output"), NULL },
	{ NULL, NULL, NULL, NULL }
};
#define AXES "kind territory topic place language text-language channel accessibility freshness " \
	"organisation home"
#define TABLE_OPTIONS \
	{ "where", "FIELD=VALUE,...", N_("only what says so: territory, topic, place, language, channel, freshness ..."), NULL }, \
	{ "at", "NODE", N_("ask another node that this one has a session with: its id, or its member's name"), NULL }, \
	{ "csv", NULL, N_("as CSV"), NULL }
static const struct option_row query_options[] = {
	{ "by", "FIELD[,FIELD]", N_("one line a value; of two fields, the second across"), AXES },
	TABLE_OPTIONS,
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row gaps_options[] = {
	{ "topic", "CODE", N_("what help: the code or a name of a topic; else all that services name"), NULL },
	{ "by", "FIELD", N_("territory (the default) or municipality"), "territory municipality" },
	TABLE_OPTIONS,
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row coverage_options[] = {
	{ "from", "DAY", N_("trainings that began on this day or later"), NULL },
	{ "to", "DAY", N_("trainings that began on this day or earlier"), NULL },
	TABLE_OPTIONS,
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row table_options[] = {
	TABLE_OPTIONS,
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row donor_options[] = {
	{ "from", "DAY", N_("first day of the period, such as 2026-01-01"), NULL },
	{ "to", "DAY", N_("its last day"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row find_options[] = {
	{ "kind", "KIND", N_("only entries of this kind: service, organisation, need, event ..."), NULL },
	{ "territory", "CODE", N_("only what is given there: a code or a name"), TERRITORIES },
	{ "place", "NAME", N_("only in this municipality, by its name in any language"), NULL },
	{ "near", "PLACE", N_("only around this place, the nearest first"), NULL },
	{ "radius", "KM", N_("how far around it (50)"), NULL },
	{ "speaks", "CODE", N_("only where this language is spoken or signed: sqi, srp, rom ..."), NULL },
	{ "text-lang", "TAG", N_("only entries with a text in this language: sq, sr, rom ..."), NULL },
	{ "topic", "TOPIC", N_("only about this topic, with all that belongs to it: legal-aid ..."), NULL },
	{ "channel", "WAY", N_("only what can be reached this way"), "phone sms web chat email video in-person outreach" },
	{ "access", "CODE", N_("only what is accessible so: wheelchair, sign-language ..."), NULL },
	{ "open", NULL, N_("only what is open now"), NULL },
	{ "fresh", NULL, N_("only what somebody made sure of lately"), NULL },
	{ "at", "NODE", N_("ask another node that this one has a session with: its id, or its member's name"), NULL },
	{ "limit", "N", N_("hits on a page (10)"), NULL },
	{ "page", "N", N_("which page (1)"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row exchange_options[] = {
	{ "output", "FILE|DIR", N_("where to write it (-o); else standard output, except folders"), NULL },
	{ "kind", "KIND", N_("only entries of this kind; may be repeated"), NULL },
	{ "hsds", "VERSION", N_("version of HSDS: 3.1 (the default) or 3.0"), "3.0 3.1" },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row import_options[] = {
	{ "territory", "CODE", N_("territory of what names none: AL BA ME MK RS XK, or its name"), TERRITORIES },
	{ "source", "URL", N_("where the files are from"), NULL },
	{ "licence", "TEXT", N_("licence the files are under"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row print_options[] = {
	{ "size", "SIZE", N_("a4 (the default) for the wall, a6 for the pocket"), "a4 a6" },
	{ "format", "FORMAT", N_("text (the default) or html, to be opened and printed by a browser"), "text html" },
	{ "output", "FILE", N_("where to write it (-o FILE); else standard output"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row reserve_options[] = {
	{ "quantity", "N", N_("how many of them; else as many as are needed, or are left"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row needs_options[] = {
	{ "by", "LEVEL", N_("municipality (the default) or territory"), "municipality territory" },
	{ "topic", "TERM", N_("only those about a term or what is below it: its code, as in legal-aid"), NULL },
	{ "at", "NODE", N_("ask another node that this one has a session with: its id, or its member's name"), NULL },
	{ "csv", NULL, N_("as CSV"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row config_options[] = {
	{ "origin", NULL, N_("say which file and line each value comes from"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row help_options[] = {
	{ "man", "PAGE", N_("print the manual page kilim.1 or kilim.conf.5 in man's own form"), "kilim.1 kilim.conf.5" },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row add_options[] = {
	{ "audience", "WHO", N_("who may have it: public, members or cso"), "public members cso" },
	{ "expires", "TIME", N_("when it is hidden by itself, such as 2027-01-31T12:00:00Z"), NULL },
	{ "id", "UUID", N_("the name it gets, instead of a random one"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row edit_options[] = {
	{ "unset", "FIELD", N_("remove a field"), NULL },
	{ "if-stamp", "STAMP", N_("only if nobody changed it since this stamp"), NULL },
	{ "audience", "WHO", N_("who may have it: public, members or cso"), "public members cso" },
	{ "expires", "TIME", N_("when it is hidden by itself"), NULL },
	{ "answered", NULL, N_("a member has flagged an address in it, and there is none that must stay unknown"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row list_options[] = {
	{ "own", NULL, N_("only your own"), NULL },
	{ "territory", "CODE", N_("only those of one territory"), TERRITORIES },
	{ "author", "ORG", N_("only those of one member: its id or a part of its name"), NULL },
	{ "relation", "WORD", N_("only self, hosted or listed"), "self hosted listed" },
	{ "withdrawn", NULL, N_("withdrawn ones as well"), NULL },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row verify_options[] = {
	{ "method", "HOW", N_("self (the default), phone, visit or document"), "self phone visit document" },
	{ "answered", NULL, N_("a member has flagged an address in it, and there is none that must stay unknown"), NULL },
	{ NULL, NULL, NULL, NULL }
};

static const struct option_row flag_options[] = {
	{ "confirmed", "HOW", N_("of correct: phone, visit or document"), "phone visit document" },
	{ "phone", "NUMBER", N_("of wrong-phone: the number that is wrong"), NULL },
	{ "duplicate-of", "ID", N_("of duplicate: the other entry, as org1.../UUID"), NULL },
	{ "remark", "TEXT", N_("what you found"), NULL },
	{ "to", "WHO", N_("coordinators: nobody else can read it, and nothing changes by it"), "coordinators" },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row due_options[] = {
	{ "due", NULL, N_("all of yours that is due, stale, or ends within 60 days"), NULL },
	{ "all", NULL, N_("sign all of it again, without a question for each"), NULL },
	{ "kind", "KIND", N_("only entries of one kind, such as service"), NULL },
	{ "territory", "CODE", N_("only those of one territory"), TERRITORIES },
	{ "method", "HOW", N_("self (the default), phone, visit or document"), "self phone visit document" },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row new_options[] = {
	{ "days", "N", N_("how many days back (30)"), NULL },
	{ "kind", "KIND", N_("only entries of one kind, such as organisation"), NULL },
	{ "territory", "CODE", N_("only those of one territory"), TERRITORIES },
	{ NULL, NULL, NULL, NULL }
};
static const struct option_row stale_options[] = {
	{ "own", NULL, N_("only your own"), NULL },
	{ "kind", "KIND", N_("only entries of one kind, such as service"), NULL },
	{ "territory", "CODE", N_("only those of one territory"), TERRITORIES },
	{ "by", "FIELD[,FIELD]", N_("count them instead, one line a value: organisation, kind, territory ..."), AXES },
	TABLE_OPTIONS,
	{ NULL, NULL, NULL, NULL }
};

#define NODE COMMAND_NODE
#define CHANGES COMMAND_CHANGES
static const struct command commands[] = {
	/* name, args, min, max, flags, run, help, examples, options, text, kind */
	{ "init", "", 0, 0, CHANGES, setup_init, N_("make a node on this computer"),
	  "kilim init\n"
	  "kilim init --name \"Izmišljeni centar\" --territory RS --protected no\n",
	  init_options, N_("Makes keys, a store and a commented kilim.conf. On a terminal what is missing is asked. "
	  "Without a clear no the organisation is protected: no address of its node is published."), NULL },
	{ "network create", "NAME", 1, 1, NODE | CHANGES, network_create, N_("found a network, as its first coordinator"),
	  "kilim network create \"Mreža\"\n"
	  "kilim network create \"Mreža\" --keys 20000 --writes-day 10000\n",
	  create_options, N_("--keys and --writes-day hold for each organisation. They become part of the charter."), NULL },
	{ "network show", "", 0, 0, NODE, network_show, N_("show the network: charter and coordinators"),
	  "kilim network show\n", NULL, NULL, NULL },
	{ "network log", "", 0, 0, NODE, network_log, N_("list who was admitted, suspended and removed, by whom and why"),
	  "kilim network log\n", NULL, NULL, NULL },
	{ "invite", "NAME", 1, 1, NODE | CHANGES, invite_new, N_("make a code with which an organisation can join"),
	  "kilim invite \"Shoqata e Sajuar\" --territory XK\n"
	  "kilim invite \"Opština\" --territory ME --class institution --days 3\n",
	  invite_options, N_("The code works once. Nobody is admitted until both sides have compared six words and you "
	  "have accepted them (kilim invite accept), unless you say --auto."), NULL },
	{ "invite list", "", 0, 0, NODE, invite_list, N_("list open invitations, and the words of who has come"),
	  "kilim invite list\n", NULL, NULL, NULL },
	{ "invite accept", "WORDS", 1, 6, NODE | CHANGES, invite_accept, N_("admit the organisation that shows the same words"),
	  "kilim invite accept bako dune fila gomu hane jori\n", accept_options,
	  N_("Words in Latin or Cyrillic letters, in one argument or six."), NULL },
	{ "invite refuse", "WORDS", 1, 6, NODE | CHANGES, invite_refuse, N_("turn away the organisation that shows these words"),
	  "kilim invite refuse bako dune fila gomu hane jori\n", NULL, NULL, NULL },
	{ "invite revoke", "ID", 1, 1, NODE | CHANGES, invite_revoke, N_("end an invitation before it is used"),
	  "kilim invite revoke 3f9a\n"
	  "kilim invite revoke \"Shoqata e Sajuar\"\n", NULL, NULL, NULL },
	{ "join", "CODE", 1, 1, NODE | CHANGES, invite_join, N_("join a network with the code you were given"),
	  "kilim join CODE\n", join_options,
	  N_("Shows six words; compare them with the coordinator by telephone. The node goes on in the background."), NULL },
	{ "status", "", 0, 0, NODE, watch_status, N_("show this node and how it stands with each peer, worst first"),
	  "kilim status\nkilim status --json\n", NULL, NULL, NULL },
	{ "peers", "", 0, 0, NODE, watch_peers, N_("show the peers, worst first"), "kilim peers\n", NULL, NULL, NULL },
	{ "sync", "", 0, 0, NODE, watch_sync, N_("visit the peers now"), "kilim sync\n", NULL, NULL, NULL },
	{ "doctor", "", 0, 0, NODE, watch_doctor, N_("look for what is wrong, with a remedy for each finding"),
	  "kilim doctor\n", NULL, N_("Each line is ok, warn or bad. Ends with 1 when something is bad."), NULL },
	{ "members", "", 0, 0, NODE, members_list, N_("list the members"), "kilim members\n", NULL, NULL, NULL },
	{ "members admit", "ORG", 1, 1, NODE | CHANGES, members_admit, N_("agree to a pending admission, or admit again"),
	  "kilim members admit org1...\n", admit_options, NULL, NULL },
	{ "members suspend", "ORG", 1, 1, NODE | CHANGES, members_suspend, N_("suspend a member"),
	  "kilim members suspend org1... --reason key-lost\n", standing_options, NULL, NULL },
	{ "members reinstate", "ORG", 1, 1, NODE | CHANGES, members_reinstate, N_("take a suspended member back"),
	  "kilim members reinstate org1... --reason own-wish\n", standing_options, NULL, NULL },
	{ "members remove", "ORG", 1, 1, NODE | CHANGES, members_remove, N_("remove a member for good"),
	  "kilim members remove org1... --reason key-stolen\n", standing_options, NULL, NULL },
	{ "find", "[WORDS]", 0, 16, NODE, find_run, N_("search in everything that this node holds"),
	  "kilim find sigurna kuca\n"
	  "kilim find psiholog --near Užice --speaks rom --open\n"
	  "kilim find --kind event --territory XK\n", find_options,
	  N_("Words in any language and script of the region, with marks or without, finished or not; an entry need not have "
	  "all of them. An option may be repeated, or its values given with commas: any of them will do. The first lines are the "
	  "emergency numbers. Nothing of a search is kept, nor sent anywhere but to the node of --at, which keeps nothing of it "
	  "either; but your shell may remember what you typed.") , NULL },
	{ "verify", "", 0, 0, NODE | CHANGES, care_verify, N_("go through what of yours wants to be verified, and sign it again"),
	  "kilim verify --due\nkilim verify --due --kind service --method phone\nkilim verify --due --all\n", due_options,
	  N_("On a terminal each entry is asked about; without one it is listed. What you say yes to is signed again with "
	  "today's date, and all members see it."), NULL },
	{ "new", "", 0, 0, NODE, care_new, N_("list entries that came to this computer lately, the newest first"),
	  "kilim new\nkilim new --days 7 --kind organisation\n", new_options,
	  N_("By the day an entry was first seen here: changing it does not make it new."), NULL },
	{ "export", "FORMAT", 1, 1, NODE, export_run,
	  N_("write what everybody may see, as files that other programs read"),
	  "kilim export hsds -o directory.json\nkilim export hsds-csv -o tables\nkilim export 3w > 3w.csv\n"
	  "kilim export ical -o events.ics\nkilim export jsonld --kind service --kind organisation\n", exchange_options,
	  N_("Formats: hsds, hsds-ndjson, hsds-csv (Human Services Data Specification), jsonld (schema.org), 3w (who does "
	  "what where, HXL), ical (calendar of events). Only entries for everybody, as readers see them: what is withheld "
	  "stays withheld."), NULL },
	{ "import", "FORMAT FILE|DIR...", 2, 64, NODE | CHANGES, import_run,
	  N_("read a directory of others into entries of yours, marked as listed"),
	  "kilim import hsds directory.json --dry-run\nkilim import hsds tables --territory MK --licence CC-BY-4.0\n",
	  import_options,
	  N_("The format is hsds: a JSON document, lines of JSON, or a folder of CSV tables. Every fault is named by file, line "
	  "and column, and then nothing is imported. The same file again changes what it made before. Places come in no finer "
	  "than their municipality."), NULL },
	{ "record export", "REC", 1, 1, NODE, record_export, N_("write a signed record as it travels (COSE)"),
	  "kilim record export rec1... --output record.cose\n", export_options, NULL, NULL },
	{ "query", "KIND", 1, 1, NODE, report_query, N_("count entries of one kind by what they say"),
	  "kilim query service --by topic\n"
	  "kilim query service --by topic,territory --where language=rom\n"
	  "kilim query event --by place --where topic=training --at node1...\n", query_options,
	  N_("Fields: kind, territory, topic, place, language, text-language, channel, accessibility, freshness, organisation, "
	  "home (of the author). One field given twice means either value. A topic takes what lies below it along. What is "
	  "asked is logged nowhere."), NULL },
	{ "report 3w", "", 0, 0, NODE, report_run, N_("show who does what where"),
	  "kilim report 3w\nkilim report 3w --where territory=ME --csv\n", table_options, NULL, NULL },
	{ "report gaps", "", 0, 0, NODE, report_gaps, N_("show where help is to be had, and where nobody knows"),
	  "kilim report gaps\nkilim report gaps --topic legal-aid\nkilim report gaps --topic legal-aid --by municipality\n", gaps_options,
	  N_("Help whose places must stay unknown is told by territory, and where it is of fewer than three organisations for "
	  "the region alone."), NULL },
	{ "report coverage", "", 0, 0, NODE, report_run, N_("show trainings by topic and municipality"),
	  "kilim report coverage --from 2026-01-01 --to 2026-12-31\n", coverage_options, NULL, NULL },
	{ "report stale", "", 0, 0, NODE, report_stale,
	  N_("list entries that nobody verified in time, or whose life ends within 60 days"),
	  "kilim report stale\nkilim report stale --territory XK --json\nkilim report stale --by organisation\n", stale_options,
	  N_("With --by, --where, --at or --csv they are counted instead of listed, with those that are due, and with those that "
	  "end within 60 days."), NULL },
	{ "report needs", "", 0, 0, NODE, report_needs, N_("count needs by place and sort; what would point at somebody is hidden"),
	  "kilim report needs\nkilim report needs --by territory --topic legal-aid --csv\n", needs_options,
	  N_("A cell with needs of fewer than three organisations, or of fewer than five things, is hidden, and so are others "
	  "from which it could be worked out. Do not publish several of these maps side by side."), NULL },
	{ "report donor", "FOLDER", 1, 1, NODE, report_donor, N_("write what is public into a folder of HTML and CSV"),
	  "kilim report donor report-2026 --from 2026-01-01 --to 2026-12-31\n", donor_options,
	  N_("Who does what where, trainings, needs, gaps; and what is not in it. The folder must be new."), NULL },
	{ "pathway show", "ID", 1, 1, NODE, pathway_show, N_("show the steps of a referral as they stand today"),
	  "kilim pathway show 1f3c2a4b\nkilim pathway show 1f3c2a4b --lang sq\n", NULL,
	  N_("In danger comes first. A step whose service closed, was withdrawn or has not been verified for too long is "
	  "shown as broken, with what to do instead. With --json the whole entry, and this view as \"sheet\"."), NULL },
	{ "pathway print", "ID", 1, 1, NODE, pathway_print, N_("print the steps of a referral on paper"),
	  "kilim pathway print 1f3c2a4b\nkilim pathway print 1f3c2a4b --size a6 --format html --lang sq -o pathway.html\n",
	  print_options, N_("Black and white, nothing is loaded from elsewhere, and no place is told. It carries the day it was "
	  "printed and the day by which it has to be checked again."), NULL },
	{ "match", "", 0, 0, NODE, exchange_match, N_("list what fits your needs and offers, and why"), "kilim match\n", NULL,
	  NULL, NULL },
	{ "need match", "ID", 1, 1, NODE, exchange_match, N_("list the offers that fit a need, and why"),
	  "kilim need match 1f3c2a4b\n", NULL, NULL, NULL },
	{ "offer match", "ID", 1, 1, NODE, exchange_match, N_("list the needs that an offer fits, and why"),
	  "kilim offer match 1f3c2a4b\n", NULL, NULL, NULL },
	{ "expertise match", "ID", 1, 1, NODE, exchange_match, N_("list the needs that you could meet by what you know, and why"),
	  "kilim expertise match 1f3c2a4b\n", NULL, NULL, NULL },
	{ "offer reserve", "ID NEED", 2, 2, NODE | CHANGES, exchange_step, N_("keep an offer of yours for a need"),
	  "kilim offer reserve 1f3c2a4b 9d0e11aa\nkilim offer reserve 1f3c2a4b 9d0e11aa --quantity 4\n", reserve_options, NULL, NULL },
	{ "offer release", "ID NEED", 2, 2, NODE | CHANGES, exchange_step, N_("keep an offer of yours for a need no longer"),
	  "kilim offer release 1f3c2a4b 9d0e11aa\n", reserve_options, NULL, NULL },
	{ "offer hand-over", "ID", 1, 1, NODE | CHANGES, exchange_step, N_("say that those your offer is kept for have it"),
	  "kilim offer hand-over 1f3c2a4b\n", NULL, NULL, NULL },
	{ "offer take-back", "ID", 1, 1, NODE | CHANGES, exchange_step, N_("say that what you lent came back"),
	  "kilim offer take-back 1f3c2a4b\n", NULL, NULL, NULL },
	{ "need take", "ID OFFER", 2, 2, NODE | CHANGES, exchange_step, N_("say that you count on an offer for a need of yours"),
	  "kilim need take 9d0e11aa 1f3c2a4b\n", NULL, NULL, NULL },
	{ "need met", "ID OFFER", 2, 2, NODE | CHANGES, exchange_step, N_("say that a need of yours was met by an offer"),
	  "kilim need met 9d0e11aa 1f3c2a4b\n", NULL, NULL, NULL },
	{ "need reopen", "ID", 1, 1, NODE | CHANGES, exchange_step, N_("say that you still need what was found or met"),
	  "kilim need reopen 9d0e11aa\n", NULL, NULL, NULL },
	{ "config check", "", 0, 0, 0, config_check_run, N_("read kilim.conf and say whether it is in order"),
	  "kilim config check\n", NULL, NULL, NULL },
	{ "config show", "", 0, 0, 0, config_show_run, N_("show every setting and its value"),
	  "kilim config show --origin\n", config_options, NULL, NULL },
	{ "version", "", 0, 0, 0, version_run, N_("say which version this is"), "kilim version\n", NULL, NULL, NULL },
	{ "help", "[TOPIC]", 0, 2, COMMAND_TEXT, help_run, N_("explain a command, a kind of record, or exit codes"),
	  "kilim help\nkilim help service add\nkilim help exit\n", help_options, NULL, NULL },
	{ "completion", "SHELL", 1, 1, COMMAND_TEXT, complete_run, N_("print completion for bash, zsh or fish"),
	  "kilim completion bash > ~/.local/share/bash-completion/completions/kilim\n", NULL, NULL, NULL },
};

/* A verb of every kind that people author; help and examples hold its words. */
static const struct verb {
	const char *word, *args;
	unsigned min, max, flags;
	enum err_code (*run)(struct call *c, struct err *e);
	const char *help;       /* %s: plural */
	const char *examples;   /* %s: word, each time */
	const struct option_row *options;
	const char *text;
} verbs[] = {
	{ "add", "[FILE|-]", 0, 1, NODE | CHANGES | COMMAND_FIELDS, entry_add, N_("add %s: sign them and publish them"),
	  "kilim %s add\nkilim %s add FILE.json\nkilim %s add - < many.ndjson\n", add_options,
	  N_("A file holds a JSON object, an array of them, or one a line; many are added together or not at all. On a "
	  "terminal without a file each field is asked. A text may begin with its language, as in \"sr:...\"; a list "
	  "is given with commas or by repeating the option.") },
	{ "edit", "ID [FILE|-]", 1, 2, NODE | CHANGES | COMMAND_FIELDS, entry_edit, N_("change one of your %s"),
	  "kilim %s edit 1f3c2a4b --email office@example.org\nkilim %s edit 1f3c2a4b --unset email\n"
	  "kilim %s edit 1f3c2a4b patch.json\n", edit_options,
	  N_("A file holds a JSON merge patch: what it names is replaced, null removes. ID is the beginning of an id.") },
	{ "show", "ID", 1, 1, NODE, entry_show, N_("show one of the %s in full"), "kilim %s show 1f3c2a4b\n", NULL, NULL },
	{ "list", "", 0, 0, NODE, entry_list, N_("list %s, your own and those of others"),
	  "kilim %s list\nkilim %s list --own\n", list_options, NULL },
	{ "history", "ID", 1, 1, NODE, entry_history, N_("list earlier versions of one of the %s"),
	  "kilim %s history 1f3c2a4b\n", NULL, NULL },
	{ "verify", "ID", 1, 1, NODE | CHANGES, entry_verify, N_("say that one of your %s is still true"),
	  "kilim %s verify 1f3c2a4b\nkilim %s verify 1f3c2a4b --method phone\n", verify_options, NULL },
	{ "flag", "ID REASON", 2, 2, NODE | CHANGES, care_flag, N_("say what is wrong, or right, with others' %s"),
	  "kilim %s flag 1f3c2a4b closed\nkilim %s flag 1f3c2a4b correct --confirmed phone\n"
	  "kilim %s flag 1f3c2a4b conduct --to coordinators\n", flag_options,
	  N_("REASON is wrong-phone, closed, moved, duplicate, correct, address-exposed or conduct. All members see it, with your "
	  "name, unless it is to coordinators. Take it back with: kilim flag withdraw ID.") },
	{ "withdraw", "ID", 1, 1, NODE | CHANGES, entry_withdraw, N_("take one of your %s back; it disappears for everyone"),
	  "kilim %s withdraw 1f3c2a4b\n", NULL, NULL },
};

/* FORMAT with every %s replaced by WORD. */
static char *
fill(const char *format, const char *word)
{
	struct buf out = { 0 };

	for (; *format; format++) {
		if (format[0] == '%' && format[1] == 's') {
			buf_put_text(&out, word);
			format++;
		} else {
			buf_put_u8(&out, (uint8_t)*format);
		}
	}
	buf_put_u8(&out, 0);
	return (char *)out.p;
}

static struct command *table;
static size_t table_count;

/* A kind may have a row of its own for a verb: it stands instead. */
static bool
has_row(const char *name)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return true;
	return false;
}

static void
add_kind(const struct kind *k)
{
	for (size_t i = 0; i < COUNT(verbs); i++) {
		const struct verb *v = &verbs[i];
		char name[80];

		if (v->run == care_flag && k->says != SAYS_NOTHING)
			continue; /* what somebody says is answered, not flagged */
		snprintf(name, sizeof(name), "%s %s", k->word, v->word);
		if (has_row(name))
			continue;
		table[table_count++] = (struct command){ need_strdup(name), v->args, v->min, v->max, v->flags, v->run,
			fill(_(v->help), k->words), fill(v->examples, k->word), v->options, v->text, k };
	}
}

const struct command *
command_all(size_t *out_count)
{
	if (table == NULL) {
		table = need_zeroed(COUNT(commands) + COUNT(verbs) * kinds_count, sizeof(*table));
		memcpy(table, commands, sizeof(commands));
		table_count = COUNT(commands);
		for (size_t i = 0; i < kinds_count; i++)
			if (!(kinds[i]->flags & KIND_INTERNAL))
				add_kind(kinds[i]);
	}
	*out_count = table_count;
	return table;
}

const struct command *
command_find(const char *name)
{
	size_t count;
	const struct command *all = command_all(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	return NULL;
}

bool
command_is_noun(const char *word)
{
	size_t count, len = strlen(word);
	const struct command *all = command_all(&count);

	for (size_t i = 0; i < count; i++)
		if (strncmp(all[i].name, word, len) == 0 && all[i].name[len] == ' ')
			return true;
	return false;
}

const char *
command_nearest(const char *noun, const char *typed)
{
	static char word[176];
	size_t count, len = noun ? strlen(noun) : 0;
	const struct command *all = command_all(&count);
	unsigned least = 99;

	for (size_t i = 0; i < count; i++) {
		const char *part = all[i].name;
		char one[80];

		if (noun && (strncmp(part, noun, len) != 0 || part[len] != ' '))
			continue;
		part += noun ? len + 1 : 0;
		snprintf(one, sizeof(one), "%.*s", (int)strcspn(part, " "), part);
		if (text_near(typed, one) && near_distance(typed, one) < least) {
			least = near_distance(typed, one);
			snprintf(word, sizeof(word), "%s%s%s", noun ? noun : "", noun ? " " : "", one);
		}
	}
	return least < 99 ? word : NULL;
}

const struct option_row *
command_option(const struct command *row, const char *name)
{
	for (const struct option_row *o = row ? row->options : NULL; o && o->name; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

const struct field *
command_field(const struct command *row, const char *name)
{
	char word[64];
	const struct field *f;

	if (row == NULL || !(row->flags & COMMAND_FIELDS) || strlen(name) >= sizeof(word))
		return NULL;
	snprintf(word, sizeof(word), "%s", name);
	for (char *p = word; *p; p++)
		if (*p == '-')
			*p = '_';
	f = kind_field_by_word(row->kind, word);
	return f && f->flags & FIELD_COMPUTED ? NULL : f;
}

const char *
command_nearest_field(const struct command *row, const char *typed)
{
	const struct kind *k = row && row->flags & COMMAND_FIELDS ? row->kind : NULL;
	const char *best = NULL;
	unsigned least = 99;

	for (size_t i = 0; k && i < k->field_count + common_fields_count; i++) {
		const struct field *f = i < k->field_count ? &k->fields[i] : &common_fields[i - k->field_count];

		if (!(f->flags & FIELD_COMPUTED) && text_near(typed, f->word) && near_distance(typed, f->word) < least)
			least = near_distance(typed, best = f->word);
	}
	return best;
}

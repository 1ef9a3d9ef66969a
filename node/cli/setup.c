#include "node/cli/setup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/cli/ask.h"
#include "node/cli/command.h"
#include "node/cli/text.h"
#include "node/cli/show.h"
#include "node/home/home.h"

/* Towns of Republika Srpska as text_fold leaves them. */
static const char *const srpska_towns[] = {
	"banja luka", "banjaluka", "bijeljina", "doboj", "trebinje", "prijedor", "zvornik", "istocno sarajevo",
	"gradiska", "foca", "visegrad", "derventa", "mrkonjic grad", "republika srpska",
};

static const char *
srpska_town(const char *text)
{
	struct buf folded = { 0 };
	const char *found = NULL;

	text_fold(text, &folded);
	for (size_t i = 0; found == NULL && i < sizeof(srpska_towns) / sizeof(srpska_towns[0]); i++)
		if (strstr(buf_text(&folded), srpska_towns[i]))
			found = srpska_towns[i];
	buf_free(&folded);
	return found;
}

static bool
names_srpska(const char *text)
{
	struct buf folded = { 0 };
	bool is;

	text_fold(text, &folded);
	is = strstr(buf_text(&folded), "srpska") != NULL || strcmp(buf_text(&folded), "rs-ba") == 0;
	buf_free(&folded);
	return is;
}

enum err_code
setup_territory(const char *text, const char *name, const char *place, bool sure, const struct code **out, struct err *e)
{
	enum err_code rc;

	if (names_srpska(text))
		return err_set(e, ERR_INPUT, "--territory", "territory",
		    _("Republika Srpska is in Bosnia and Herzegovina; write --territory BA"));
	if ((rc = territory_parse(text, "--territory", out, e)) || strcmp((*out)->word, "RS") != 0 || sure)
		return rc;
	for (int i = 0; i < 2; i++) {
		const char *given = i ? place : name;

		if (given && srpska_town(given))
			return err_set(e, ERR_INPUT, "--territory", "territory",
			    _("RS is Serbia, but \"%.80s\" names a place in Republika Srpska; write --territory BA, "
			      "or add --yes if Serbia is right"), given);
	}
	return ERR_OK;
}

/* Presumed, told, and easily changed: so that a first entry need not name its language. */
const char *
setup_language(const char *territory)
{
	static const struct { const char *territory, *language; } rows[] = {
		{ "AL", "sq" }, { "BA", "bs" }, { "ME", "cnr" }, { "MK", "mk" }, { "RS", "sr" }, { "XK", "sq" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].territory, territory) == 0)
			return rows[i].language;
	return NULL;
}

/* --- init --- */

/* Without a directory named: the user's own; root's is the system's. */
static enum err_code
choose_dir(struct call *c, struct err *e)
{
	const char *env = getenv("KILIM_DIR"), *user = getenv("HOME");

	if (c->dir_option || (env && *env) || geteuid() == 0 || user == NULL || *user == 0)
		return call_dir(c, e);
	if (snprintf(c->dir, sizeof(c->dir), "%s/.local/share/kilim", user) >= (int)sizeof(c->dir))
		return err_set(e, ERR_INPUT, "HOME", "length", _("is too long; name a directory with --dir"));
	return ERR_OK;
}

static enum err_code
choose_name(struct call *c, struct config *config, struct err *e)
{
	const char *name = call_option(c, "name");
	struct buf line = { 0 };
	enum err_code rc = ERR_OK;

	if (name == NULL && !c->asks)
		return err_set(e, ERR_USAGE, "init", "name", _("--name \"...\" is missing: the name of your organisation"));
	if (name == NULL) {
		while (line.len == 0)
			if (!ask_line(c, _("Name of your organisation: "), &line)) {
				buf_free(&line);
				return err_set(e, ERR_FAILED, "init", "input", _("the input ended; nothing was made"));
			}
		name = buf_text(&line);
	}
	if (*name == 0)
		rc = err_set(e, ERR_USAGE, "--name", "required", _("is empty"));
	else if (strlen(name) > LIMIT_NAME)
		rc = err_set(e, ERR_LIMIT, "--name", "length", _("is longer than %d bytes"), LIMIT_NAME);
	else if (text_fault(bytes_text(name)) != strlen(name))
		rc = err_set(e, ERR_INPUT, "--name", "utf-8", _("is no UTF-8"));
	else
		snprintf(config->name, sizeof(config->name), "%s", name);
	buf_free(&line);
	return rc;
}

/* One answer on a terminal: understood, and "RS" asked back. */
static enum err_code
judge_territory(struct call *c, const char *text, const char *name, const struct code **out, struct err *e)
{
	const char *question = territory_question(text);
	enum err_code rc = setup_territory(text, name, call_option(c, "place"), c->yes, out, e);

	if (rc || !c->asks || c->yes || question == NULL || ask_yes(c, _(question), true))
		return rc;
	return err_set(e, ERR_INPUT, "--territory", "territory", _("for Republika Srpska write BA; nothing was made"));
}

static enum err_code
choose_territory(struct call *c, struct config *config, struct err *e)
{
	const char *typed = call_option(c, "territory");
	const struct code *code = NULL;
	struct buf line = { 0 };
	enum err_code rc;

	if (typed) {
		rc = judge_territory(c, typed, config->name, &code, e);
	} else if (!c->asks) {
		return err_set(e, ERR_USAGE, "init", "territory",
		    _("--territory is missing: AL, BA, ME, MK, RS, XK or a name, WB for the whole region"));
	} else {
		do {
			if (!ask_line(c, _("Territory (AL BA ME MK RS XK, or its name): "), &line)) {
				rc = err_set(e, ERR_FAILED, "init", "input", _("the input ended; nothing was made"));
				break;
			}
			if ((rc = judge_territory(c, buf_text(&line), config->name, &code, e)) != ERR_OK)
				call_fault(c, e);
		} while (rc);
		buf_free(&line);
	}
	if (rc == ERR_OK)
		snprintf(config->territory, sizeof(config->territory), "%s", code->word);
	return rc;
}

static enum err_code
choose_protected(struct call *c, struct config *config, struct err *e)
{
	const char *typed = call_option(c, "protected");

	config->protected_org = true;
	if (typed && strcmp(typed, "yes") != 0 && strcmp(typed, "no") != 0)
		return err_set(e, ERR_USAGE, "--protected", "value", _("\"%.40s\" is neither yes nor no"), typed);
	if (typed)
		config->protected_org = strcmp(typed, "yes") == 0;
	else if (c->asks)
		config->protected_org = ask_yes(c,
		    _("Does anyone at risk live or stay at an address of yours?"), true);
	return ERR_OK;
}

static enum err_code
choose_rest(struct call *c, struct config *config, struct err *e)
{
	const char *listen = call_option(c, "listen"), *language = call_option(c, "language"), *keep = call_option(c, "keep");
	enum err_code rc;

	if (listen && strlen(listen) >= sizeof(config->listen))
		return err_set(e, ERR_INPUT, "--listen", "length", _("is no address and port"));
	if (language && !tag_valid(bytes_text(language)))
		return err_set(e, ERR_INPUT, "--language", "language",
		    _("\"%.40s\" is no language tag such as sq, sr-Latn or mk"), language);
	if (keep && (rc = config_keep(config, keep, e)))
		return rc;
	if (listen)
		snprintf(config->listen, sizeof(config->listen), "%s", listen);
	if (language == NULL)
		language = setup_language(config->territory);
	if (language)
		snprintf(config->language, sizeof(config->language), "%s", language);
	return ERR_OK;
}

/* ORGANISATION and NODE are NULL when nothing was made. */
static void
print_made(struct call *c, const struct config *config, const char *organisation, const char *node)
{
	const char *territory = territory_name(bytes_text(config->territory));

	if (c->json) {
		cJSON *json = cJSON_CreateObject();

		cJSON_AddStringToObject(json, "directory", c->dir);
		cJSON_AddStringToObject(json, "name", config->name);
		cJSON_AddStringToObject(json, "territory", config->territory);
		cJSON_AddStringToObject(json, "language", config->language);
		cJSON_AddBoolToObject(json, "protected", config->protected_org);
		cJSON_AddItemToObject(json, "organisation",
		    organisation ? cJSON_CreateString(organisation) : cJSON_CreateNull());
		cJSON_AddItemToObject(json, "node", node ? cJSON_CreateString(node) : cJSON_CreateNull());
		call_json(c, json);
		cJSON_Delete(json);
		return;
	}
	show_fact(c, 0, _("directory"), "%s", c->dir);
	show_fact(c, 0, _("name"), "%s", config->name);
	show_fact(c, 0, _("territory"), "%s (%s)", territory ? _(territory) : "", config->territory);
	show_fact(c, 0, _("language"), _("%s (of texts that name none)"), config->language);
	show_fact(c, 0, _("protected"), "%s", config->protected_org
	    ? _("yes: no address is published, nobody can connect to this computer")
	    : _("no: the address of this node is told to members"));
	show_some(c, 0, _("organisation"), organisation);
	show_some(c, 0, _("node"), node);
	if (territory && strchr(territory, '*'))
		show_line(c, "%s", _(territory_footnote));
}

static void
print_next(const struct call *c, const struct config *config)
{
	call_note(c, _("Keep a copy of %s/organisation.key in a safe place: it is your organisation's signature."), c->dir);
	if (call_option(c, "language") == NULL)
		call_note(c, _("Do you write in another language than %s? Change it in %s/kilim.conf, under "
		    "[organisation]: language = TAG"), config->language, c->dir);
	call_note(c, _("Next, start the node: kilimd --dir %s"), c->dir);
	call_note(c, _("Then join with the code you were given: kilim --dir %s join CODE"), c->dir);
	call_note(c, _("or, as the first of a new network: kilim --dir %s network create \"NAME\""), c->dir);
}

/* A wrong setting is told without the line of a file that was not made: "kilim.conf:21: network.listen". */
static enum err_code
name_setting(struct err *e)
{
	const char *key = strncmp(e->object, "kilim.conf:", 11) == 0 ? strstr(e->object, ": ") : NULL;

	if (key)
		memmove(e->object, key + 2, strlen(key + 2) + 1);
	return e->code;
}

static enum err_code
make(struct call *c, const struct config *config, struct err *e)
{
	struct home home;
	char organisation[ID_TEXT], node[ID_TEXT];
	enum err_code rc;

	if ((rc = home_init(c->dir, config, &world_real, e)) == ERR_INPUT)
		return name_setting(e);
	if (rc || (rc = home_open(c->dir, &home, e)))
		return rc;
	id_format(ID_ORGANISATION, &home.organisation.public_key, organisation);
	id_format(ID_NODE, dtls_identity_node(home.identity), node);
	home_close(&home);
	print_made(c, config, organisation, node);
	print_next(c, config);
	return ERR_OK;
}

enum err_code
setup_init(struct call *c, struct err *e)
{
	struct config config;
	enum err_code rc;

	config_defaults(&config);
	if ((rc = choose_dir(c, e)) || (rc = choose_name(c, &config, e)) || (rc = choose_territory(c, &config, e)) ||
	    (rc = choose_protected(c, &config, e)) || (rc = choose_rest(c, &config, e)))
		return rc;
	if (!c->dry_run)
		return make(c, &config, e);
	print_made(c, &config, NULL, NULL);
	call_note(c, _("Nothing was made."));
	return ERR_OK;
}

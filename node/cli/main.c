/*
 * kilim - the command line. It asks the daemon over D/control and shows its answers; it holds no state.
 */
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "node/cli/args.h"
#include "node/cli/help.h"

#ifndef KILIM_LOCALE_DIR
#define KILIM_LOCALE_DIR "/usr/local/share/locale"
#endif

/* Nothing here is half done when it stops: changes are one request, files are renamed into place. */
static void
interrupted(int signal)
{
	(void)signal;
	_exit(130);
}

/* Output is UTF-8 whatever the locale says. */
static void
set_language(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "--lang") == 0)
			setenv("LANGUAGE", argv[i + 1], 1);
	if (setlocale(LC_ALL, "") == NULL || strcmp(setlocale(LC_CTYPE, NULL), "C") == 0)
		setlocale(LC_ALL, "C.UTF-8");
	/* Numbers in answers and questions are the same everywhere. */
	setlocale(LC_NUMERIC, "C");
	bindtextdomain("kilim", KILIM_LOCALE_DIR);
	bind_textdomain_codeset("kilim", "UTF-8");
	textdomain("kilim");
}

static unsigned
screen_width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* --json counts even when the words before it are not understood: the error then is JSON as well. */
static void
look_ahead(struct call *c, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		c->json |= strcmp(argv[i], "--json") == 0;
}

static void
settle(struct call *c)
{
	const char *plain = getenv("KILIM_PLAIN"), *colour = getenv("NO_COLOR"), *term = getenv("TERM");

	c->plain |= plain && *plain && strcmp(plain, "0") != 0;
	c->terminal = isatty(STDOUT_FILENO);
	c->asks = isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && !c->no_input && !c->json;
	c->colour = c->terminal && !c->plain && !c->json && !(colour && *colour) && !(term && strcmp(term, "dumb") == 0);
	c->columns = c->terminal && !c->plain ? screen_width() : 0;
}

static enum err_code
show_help(struct call *c, struct err *e)
{
	return help_show(c, c->command ? c->command->name : call_arg(c, 0), e);
}

/* With --json what RUN prints becomes one document. */
static enum err_code
run_text(struct call *c, enum err_code (*run)(struct call *c, struct err *e), struct err *e)
{
	FILE *out = c->out;
	char *text = NULL;
	size_t len = 0;
	enum err_code rc;

	if (!c->json)
		return run(c, e);
	if ((c->out = open_memstream(&text, &len)) == NULL)
		abort();
	rc = run(c, e);
	fclose(c->out);
	c->out = out;
	if (rc == ERR_OK)
		call_text(c, (struct bytes){ (const uint8_t *)text, len });
	free(text);
	return rc;
}

static enum err_code
run(struct call *c, int argc, char **argv, struct err *e)
{
	enum err_code rc;

	look_ahead(c, argc, argv);
	rc = args_parse(c, argc, argv, e);
	settle(c);
	if (rc)
		return rc;
	if (c->help)
		return run_text(c, show_help, e);
	if (c->command == NULL && c->json)
		return err_set(e, ERR_USAGE, "kilim", "command", _("no command was given; see: kilim help"));
	if (c->command == NULL) {
		help_overview(c, c->err);
		c->exit = err_exit(ERR_USAGE);
		return ERR_OK;
	}
	return c->command->flags & COMMAND_TEXT ? run_text(c, c->command->run, e) : c->command->run(c, e);
}

int
main(int argc, char **argv)
{
	struct call c = { .in = stdin, .out = stdout, .err = stderr };
	struct err e = { 0 };
	enum err_code rc;

	signal(SIGINT, interrupted);
	signal(SIGPIPE, SIG_DFL);
	set_language(argc, argv);
	rc = run(&c, argc, argv, &e);
	if (rc == ERR_OK && (fflush(stdout) != 0 || ferror(stdout)))
		rc = err_set(&e, ERR_FAILED, "stdout", "write", _("the answer could not be written"));
	if (rc)
		call_fault(&c, &e);
	args_free(&c);
	return rc ? err_exit(rc) : c.exit;
}

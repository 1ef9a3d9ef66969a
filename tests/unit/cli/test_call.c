#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static char dir[] = "/tmp/kilim-call.XXXXXX";

static void
enter(void)
{
	cr_assert(mkdtemp(dir) && chdir(dir) == 0);
}

static void
leave(void)
{
	cr_assert_eq(chdir("/"), 0);
	rmdir(dir);
}

/* An answer that is a text stands in one document with --json, and is as it is without. */
Test(call, texts)
{
	struct heard h;

	hear(&h);
	call_text(&h.call, bytes_text("one \"line\"\n"));
	cr_assert_str_eq(heard_out(&h), "one \"line\"\n");
	hush(&h);
	hear(&h);
	h.call.json = true;
	call_text(&h.call, bytes_text("one \"line\"\n"));
	cr_assert_str_eq(heard_out(&h), "{\n  \"text\": \"one \\\"line\\\"\\n\"\n}\n");
	hush(&h);
}

/* What was written to a file is told: to people beside the answer, to programs as the answer. */
Test(call, files, .init = enter, .fini = leave)
{
	struct heard h;

	hear(&h);
	cr_assert_eq(call_write(&h.call, "page", bytes_text("12345"), &h.error), ERR_OK);
	cr_assert_str_eq(heard_out(&h), "");
	cr_assert_str_eq(heard_err(&h), "5 bytes written to page\n");
	h.call.json = true;
	cr_assert_eq(call_write(&h.call, "page", bytes_text("123"), &h.error), ERR_OK);
	cr_assert_str_eq(heard_out(&h), "{\n  \"files\": [\n    {\n      \"file\": \"page\",\n      \"bytes\": 3\n    }\n  ]\n}\n");
	cr_assert_str_eq(heard_err(&h), "5 bytes written to page\n");
	hush(&h);
	unlink("page");
}

/* A device is written to; nothing takes its place. */
Test(call, devices, .init = enter, .fini = leave)
{
	struct err e = { 0 };
	struct stat st;

	cr_assert_eq(symlink("/dev/null", "null"), 0);
	cr_assert_eq(call_save("null", bytes_text("12345"), &e), ERR_OK, "%s", e.reason);
	cr_assert(lstat("null", &st) == 0 && S_ISLNK(st.st_mode), "the name was given to a file");
	cr_assert_eq(symlink("/dev/full", "full"), 0);
	cr_assert_eq(call_save("full", bytes_text("12345"), &e), ERR_FAILED);
	cr_assert_str_eq(e.object, "full");
	unlink("null");
	unlink("full");
}

/* Into a folder that is not there nothing is written, and the folder is not made. */
Test(call, missing_folder, .init = enter, .fini = leave)
{
	struct err e = { 0 };

	cr_assert_eq(call_save("absent/page", bytes_text("12345"), &e), ERR_MISSING);
	cr_assert_neq(access("absent", F_OK), 0);
}

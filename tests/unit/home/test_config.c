/* kilim.conf: what is read, what is refused and in which words, what is written. */
#include "node/home/config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config c;
static struct err e;
static char said[700];

static enum err_code
parse(const char *text)
{
	config_defaults(&c);
	memset(&e, 0, sizeof e);
	return config_parse(bytes_text(text), "kilim.conf", &c, NULL, &e);
}

/* TEXT is refused, and the sentence says PART. */
static void
expect_refused(const char *text, const char *part)
{
	struct config before;

	cr_expect_neq(parse(text), ERR_OK, "taken: %s", text);
	cr_expect(strstr(err_text(&e, said, sizeof said), part), "%s\n  is not in: %s", part, said);
	config_defaults(&before);
	cr_expect_eq(memcmp(&before, &c, sizeof c), 0, "something was taken over from: %s", text);
}

static void
expect_value(const char *key, const char *expected)
{
	struct buf value = { 0 };

	for (size_t i = 0; i < config_rows(); i++)
		if (strcmp(config_key(i), key) == 0)
			config_value(&c, i, &value);
	cr_expect_str_eq(buf_text(&value), expected, "%s", key);
	buf_free(&value);
}

/* Nothing written means the defaults. */
Test(config, empty)
{
	cr_assert_eq(parse(""), ERR_OK);
	expect_value("network.listen", "[::]:5684");
	expect_value("organisation.protected", "yes");
	expect_value("network.keep", "everything");
	expect_value("network.visit_minutes", "15");
	expect_value("network.max_sessions", "128");
	expect_value("log.level", "info");
	cr_assert_eq(parse("\xef\xbb\xbf# only a comment\r\n\n"), ERR_OK);
}

/* Every row is read. */
Test(config, all_rows)
{
	cr_assert_eq(parse("[organisation]\nname = Izmišljeni centar \nterritory=RS\nlanguage = sr-Latn\nprotected = no\n"
	                   "[network]\nlisten = 127.0.0.1:0\nannounce = 192.0.2.1:5684\nannounce = [2001:db8::1]:5684\n"
	                   "peer = 192.0.2.7:5684\nkeep = library, directory\nvisit_minutes = 1440\nmax_sessions = 4 ; few\n[log]\nlevel = debug\n"),
	    ERR_OK, "%s", err_text(&e, said, sizeof said));
	expect_value("organisation.name", "Izmišljeni centar");
	expect_value("organisation.territory", "RS");
	expect_value("organisation.language", "sr-Latn");
	expect_value("organisation.protected", "no");
	expect_value("network.listen", "127.0.0.1:0");
	expect_value("network.announce", "192.0.2.1:5684\n[2001:db8::1]:5684");
	expect_value("network.peer", "192.0.2.7:5684");
	expect_value("network.keep", "directory, library");
	expect_value("network.visit_minutes", "1440");
	expect_value("network.max_sessions", "4");
	expect_value("log.level", "debug");
}

/* A mistake is told with its line and with what was probably meant. */
Test(config, mistakes_are_named)
{
	expect_refused("[network]\n\nlisen = 127.0.0.1:1\n", "kilim.conf:3: key: unknown key \"lisen\"; did you mean \"listen\"?");
	expect_refused("[netwrok]\nlisten = 127.0.0.1:1\n", "kilim.conf:2: section: unknown section \"netwrok\"; did you mean \"network\"?");
	expect_refused("[log]\nlisten = 127.0.0.1:1\n", "did you mean \"listen\" in [network]?");
	expect_refused("[weather]\nsun = yes\n", "there are organisation, network and log");
	expect_refused("[log]\nzzzzzzzzzz = 1\n", "unknown key \"zzzzzzzzzz\" in [log]");
	expect_refused("name = x\n", "kilim.conf:1: section: a key stands before the first [section]");
	expect_refused("[log]\nlevel\n", "kilim.conf:2: syntax: ");
	expect_refused("[log\nlevel = info\n", "kilim.conf:1: syntax: ");
	expect_refused("[log]\nlevel = info\n\nlevel = warn\n", "kilim.conf:4: twice: \"level\" stands in line 2 already");
	expect_refused("[log]\nlevel =\n", "\"level\" has no value");
	expect_refused("[organisation]\nname =; nothing\n", "\"name\" has no value");
}

/* A wrong value is named, with the row's own rule. */
Test(config, wrong_values)
{
	expect_refused("[log]\nlevel = loud\n", "kilim.conf:2: log.level: value: \"loud\" is none of");
	expect_refused("[organisation]\nprotected = maybe\n", "is neither yes nor no");
	expect_refused("[organisation]\nterritory = QQ\n", "kilim.conf:2: organisation.territory: ");
	expect_refused("[organisation]\nlanguage = not_a_tag\n", "is no language tag");
	expect_refused("[network]\nlisten = example.org:5684\n", "is no address with a port");
	expect_refused("[network]\nlisten = 127.0.0.1\n", "is no address with a port");
	expect_refused("[network]\nannounce = 192.0.2.1:0\n", "is no address with a port");
	expect_refused("[network]\npeer = 192.0.2.1:1 node1xyz\n", "is no node id");
	expect_refused("[network]\nkeep = exchange\n", "kilim.conf:2: network.keep: value: \"exchange\" leaves out the directory");
	expect_refused("[network]\nkeep = directory, weather\n", "is neither everything nor some of");
	expect_refused("[network]\nkeep = director\n", "is neither everything nor some of");
	expect_refused("[network]\nvisit_minutes = 0\n", "from 1 to 1440");
	expect_refused("[network]\nvisit_minutes = 1441\n", "from 1 to 1440");
	expect_refused("[network]\nvisit_minutes = -5\n", "from 1 to 1440");
	expect_refused("[network]\nvisit_minutes = 4294967297\n", "from 1 to 1440");
	expect_refused("[network]\nmax_sessions = 1e2\n", "from 4 to 512");
	expect_refused("[network]\nannounce=1.1.1.1:1\nannounce=1.1.1.1:2\nannounce=1.1.1.1:3\nannounce=1.1.1.1:4\n"
	               "announce=1.1.1.1:5\n", "kilim.conf:6: network.announce: count: at most 4");
}

/* What is no text is refused before anything is parsed. */
Test(config, foreign_bytes)
{
	static const char zero[] = "[log]\nlevel = in\0fo\n";
	struct buf big = { 0 };

	expect_refused("[organisation]\nname = a\xff\n", "kilim.conf:2: utf-8: ");
	expect_refused("[organisation]\nname = \x1b[31m\n", "kilim.conf:2: utf-8: ");
	config_defaults(&c);
	cr_expect_eq(config_parse((struct bytes){ (const uint8_t *)zero, sizeof zero - 1 }, "kilim.conf", &c, NULL, &e), ERR_INPUT);
	memset(buf_grow(&big, LIMIT_CONFIG + 1), '\n', LIMIT_CONFIG + 1);
	cr_expect_eq(config_parse(buf_bytes(&big), "kilim.conf", &c, NULL, &e), ERR_LIMIT);
	big.len--;
	cr_expect_eq(config_parse(buf_bytes(&big), "kilim.conf", &c, NULL, &e), ERR_OK);
	buf_free(&big);
}

/* A value of the longest allowed length is read whole, wherever blanks and comments stand in the line. */
Test(config, long_lines)
{
	struct buf text = { 0 };
	char name[LIMIT_NAME + 2] = "";

	for (int shift = 0; shift < 30; shift++) {
		memset(name, 'x', LIMIT_NAME);
		for (int i = 150 + shift; i < 199; i += 3)
			memcpy(name + i, i % 2 ? "; " : " #", 1);
		name[LIMIT_NAME] = 0;
		buf_reset(&text);
		buf_printf(&text, "[organisation]\n# %0300d = 1\n;%0300d\nname = %s ; %0300d = 2\nterritory = AL\nbad\n", 1, 1, name, 1);
		expect_refused(buf_text(&text), "kilim.conf:6: syntax");
		text.len -= 4;
		cr_expect_eq(parse(buf_text(&text)), ERR_OK, "%s", err_text(&e, said, sizeof said));
		expect_value("organisation.name", name);
		expect_value("organisation.territory", "AL");
	}
	buf_reset(&text);
	buf_printf(&text, "[organisation]\nname = %0201d\n", 1);
	expect_refused(buf_text(&text), "at most 200 bytes");
	buf_free(&text);
}

/* What config_write wrote is read back as it was, and defaults stay comments. */
Test(config, written_and_read)
{
	struct buf text = { 0 };
	struct config first;

	config_defaults(&first);
	strcpy(first.name, "Qendra e Sajuar");
	strcpy(first.territory, "XK");
	first.protected_org = false;
	strcpy(first.listen, "127.0.0.1:0");
	strcpy(first.peers[0].address, "192.0.2.1:5684");
	first.peer_count = 1;
	config_write(&first, &text);
	cr_expect(strstr(buf_text(&text), "\n# level = info\n"), "%s", buf_text(&text));
	cr_expect(strstr(buf_text(&text), "\nprotected = no\n"), "%s", buf_text(&text));
	cr_assert_eq(parse(buf_text(&text)), ERR_OK, "%s", err_text(&e, said, sizeof said));
	cr_expect_eq(memcmp(&first, &c, sizeof c), 0);
	buf_free(&text);
}

/* Every row is unique, has help, and its help stands in the file. */
Test(config, rows)
{
	struct buf text = { 0 };

	config_defaults(&c);
	config_write(&c, &text);
	for (size_t i = 0; i < config_rows(); i++) {
		cr_expect(strchr(config_key(i), '.'));
		cr_expect(strstr(buf_text(&text), config_help(i)), "%s", config_key(i));
		for (size_t j = 0; j < i; j++)
			cr_expect_str_neq(config_key(i), config_key(j));
	}
	buf_free(&text);
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* Drop-ins come after kilim.conf, by name; what they say is known by its origin. */
Test(config, drop_ins)
{
	char dir[] = "/tmp/kilim-config-XXXXXX";
	struct config_origin *origins = calloc(config_rows(), sizeof *origins);

	cr_assert(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	cr_expect_eq(config_load(dir, &c, origins, &e), ERR_OK, "no file at all");
	put("kilim.conf", "[log]\nlevel = warn\n[network]\npeer = 192.0.2.1:1\n");
	mkdir("conf.d", 0700);
	put("conf.d/20-b.conf", "[log]\nlevel = debug\n");
	put("conf.d/10-a.conf", "[network]\npeer = 192.0.2.2:2\n\n[log]\nlevel = error\n");
	put("conf.d/ignored", "rubbish");
	put("conf.d/.hidden.conf", "rubbish");
	cr_assert_eq(config_load(dir, &c, origins, &e), ERR_OK, "%s", err_text(&e, said, sizeof said));
	expect_value("log.level", "debug");
	expect_value("network.peer", "192.0.2.1:1\n192.0.2.2:2");
	for (size_t i = 0; i < config_rows(); i++) {
		if (strcmp(config_key(i), "log.level") == 0) {
			cr_expect_str_eq(origins[i].file, "conf.d/20-b.conf");
			cr_expect_eq(origins[i].line, 2);
		} else if (strcmp(config_key(i), "network.peer") == 0) {
			cr_expect_str_eq(origins[i].file, "conf.d/10-a.conf");
		} else {
			cr_expect_eq(origins[i].line, 0);
		}
	}
	put("conf.d/30-c.conf", "[log]\nlevle = debug\n");
	cr_expect_eq(config_load(dir, &c, origins, &e), ERR_INPUT);
	cr_expect(strstr(err_text(&e, said, sizeof said), "conf.d/30-c.conf:2: key: unknown key \"levle\"; did you mean \"level\"?"), "%s", said);
	unlink("conf.d/30-c.conf");
	for (int i = 0; i < 10; i++) {          /* written in no order, read in order */
		char file[40], text[80];

		snprintf(file, sizeof file, "conf.d/4%d.conf", (i * 7 + 3) % 10);
		snprintf(text, sizeof text, "[network]\npeer = 192.0.2.9:%d\n", (i * 7 + 3) % 10 + 1);
		put(file, text);
	}
	cr_assert_eq(config_load(dir, &c, origins, &e), ERR_OK, "%s", err_text(&e, said, sizeof said));
	for (int i = 0; i < 10; i++) {
		char address[40];

		snprintf(address, sizeof address, "192.0.2.9:%d", i + 1);
		cr_expect_str_eq(c.peers[2 + i].address, address);
	}
	unlink("kilim.conf");
	mkdir("kilim.conf", 0700);
	cr_expect_neq(config_load(dir, &c, origins, &e), ERR_OK);
	free(origins);
	snprintf(said, sizeof said, "rm -r %s", dir);
	cr_expect_eq(system(said), 0);
}

/* A node's directory: made whole or not at all, opened only when its keys are private. */
#include "node/home/home.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/kilim-home-XXXXXX";
static char dir[128];
static struct config c;
static struct err e;

static void
begin(void)
{
	cr_assert(mkdtemp(root));
	snprintf(dir, sizeof dir, "%s/a/b/node", root);
	config_defaults(&c);
	strcpy(c.name, "Qendra");
	strcpy(c.territory, "AL");
	memset(&e, 0, sizeof e);
}

static void
end(void)
{
	char command[200];

	snprintf(command, sizeof command, "rm -rf %s", root);
	cr_expect_eq(system(command), 0);
}

static const char *
at(const char *file)
{
	static char path[300];

	snprintf(path, sizeof path, "%s/%s", dir, file);
	return path;
}

static unsigned
mode_of(const char *path)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0, "%s", path);
	return st.st_mode & 07777;
}

static size_t
entries(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	cr_assert(d);
	for (struct dirent *one; (one = readdir(d)) != NULL;)
		n += one->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
init(void)
{
	cr_assert_eq(home_init(dir, &c, &world_real, &e), ERR_OK, "%s: %s", e.object, e.reason);
}

TestSuite(home, .init = begin, .fini = end);

/* What init made, open reads; nobody else may look into it. */
Test(home, made_and_opened)
{
	static const char *const files[] = { "organisation.key", "machine.key", "node.key", "node.crt", "kilim.conf" };
	struct home h, again;
	char path[512];

	umask(0);
	init();
	cr_expect_eq(mode_of(dir), 0700);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		cr_expect_eq(mode_of(at(files[i])), 0600, "%s", files[i]);
	cr_assert_eq(home_open(dir, &h, &e), ERR_OK, "%s: %s", e.object, e.reason);
	cr_expect_str_eq(h.config.name, "Qendra");
	cr_expect_eq(h.machine_incarnation, 0);
	cr_expect_not(id_equal(&h.organisation.public_key, &h.machine.public_key));
	cr_expect_str_eq(home_path(&h, "store", path), at("store"));
	cr_assert_eq(home_open(dir, &again, &e), ERR_OK);
	cr_expect(id_equal(&h.organisation.public_key, &again.organisation.public_key));
	cr_expect(id_equal(dtls_identity_node(h.identity), dtls_identity_node(again.identity)));
	home_close(&h);
	home_close(&again);
}

/* A node that lives there is never touched. */
Test(home, existing_node_stays)
{
	struct home h, after;

	init();
	cr_assert_eq(home_open(dir, &h, &e), ERR_OK);
	strcpy(c.name, "Other");
	cr_expect_eq(home_init(dir, &c, &world_real, &e), ERR_CONFLICT);
	unlink(at("organisation.key"));
	cr_expect_eq(home_init(dir, &c, &world_real, &e), ERR_CONFLICT, "kilim.conf alone is reason enough");
	cr_expect_eq(home_open(dir, &after, &e), ERR_MISSING);
	cr_expect_eq(access(at("node.key"), F_OK), 0);
	home_close(&h);
}

/* After a failure nothing of it is left, not even the directories above. */
Test(home, failure_leaves_nothing)
{
	strcpy(c.name, "a ; b");          /* the file's syntax would cut it */
	cr_expect_eq(home_init(dir, &c, &world_real, &e), ERR_INPUT);
	cr_expect_str_eq(e.object, "organisation.name");
	cr_expect_eq(entries(root), 0);
	strcpy(c.name, "a");
	snprintf(dir, sizeof dir, "%s/x/y/z", root);
	init();
	cr_expect_eq(entries(dir), 5);
}

/* When a file cannot be put there, the ones before it go again. */
Test(home, half_made_is_undone)
{
	snprintf(dir, sizeof dir, "%s/node", root);
	mkdir(dir, 0755);
	mkdir(at("machine.key"), 0700);     /* in the way of the third file */
	cr_expect_neq(home_init(dir, &c, &world_real, &e), ERR_OK);
	cr_expect_eq(entries(dir), 1);
	cr_expect_eq(mode_of(dir), 0750, "what others could do in it is taken away");
	rmdir(at("machine.key"));
	init();
}

/* Where everybody may write nothing is read. */
Test(home, open_directory_is_refused)
{
	struct home h;

	init();
	cr_assert_eq(chmod(dir, 0777), 0);
	cr_expect_eq(home_open(dir, &h, &e), ERR_DENIED);
	cr_expect_str_eq(e.object, dir);
	cr_assert_eq(chmod(dir, 0750), 0);
	cr_assert_eq(home_open(dir, &h, &e), ERR_OK);
	home_close(&h);
}

/* A key that others may read stops the start, and is named. */
Test(home, open_keys_are_refused)
{
	static const char *const files[] = { "organisation.key", "machine.key", "node.key" };
	struct home h;

	init();
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		cr_assert_eq(chmod(at(files[i]), 0640), 0);
		cr_expect_eq(home_open(dir, &h, &e), ERR_DENIED, "%s", files[i]);
		cr_expect(strstr(e.object, files[i]), "%s", e.object);
		cr_assert_eq(chmod(at(files[i]), 0600), 0);
	}
	cr_assert_eq(home_open(dir, &h, &e), ERR_OK);
	home_close(&h);
}

/* Damage is named; a key of another length is none. */
Test(home, damage)
{
	struct home h;
	FILE *f;

	cr_expect_eq(home_open(dir, &h, &e), ERR_MISSING);
	init();
	cr_assert_eq(truncate(at("machine.key"), 31), 0);
	cr_expect_eq(home_open(dir, &h, &e), ERR_INPUT);
	cr_expect(strstr(e.object, "machine.key"), "%s", e.object);
	cr_assert_eq(truncate(at("machine.key"), 32), 0);
	cr_assert(f = fopen(at("kilim.conf"), "a"));
	fputs("[log]\nlevle = info\n", f);
	fclose(f);
	cr_expect_eq(home_open(dir, &h, &e), ERR_INPUT);
	cr_expect(strstr(e.object, "kilim.conf:"), "%s", e.object);
	cr_assert_eq(unlink(at("kilim.conf")), 0);
	cr_assert_eq(truncate(at("node.crt"), 5), 0);
	cr_expect_eq(home_open(dir, &h, &e), ERR_INPUT);
	cr_expect(strstr(e.object, "node.crt"), "%s", e.object);
}

/* The twin and the port survive; damage to the twin means none. */
Test(home, machine_and_port)
{
	struct home h, again;
	FILE *f;

	init();
	cr_assert_eq(home_open(dir, &h, &e), ERR_OK);
	cr_expect_eq(home_port(&h), 0);
	cr_assert_eq(home_save_port(&h, 40123, &e), ERR_OK);
	cr_expect_eq(home_port(&h), 40123);
	cr_assert_eq(home_save_machine(&h, UINT64_MAX, 7, &e), ERR_OK);
	cr_assert_eq(home_open(dir, &again, &e), ERR_OK);
	cr_expect_eq(again.machine_incarnation, UINT64_MAX);
	cr_expect_eq(again.boot, 7);
	home_close(&again);
	cr_assert(f = fopen(at("machine"), "w"));
	fputs("12", f);
	fclose(f);
	cr_assert_eq(home_open(dir, &again, &e), ERR_OK);
	cr_expect_eq(again.machine_incarnation, 0);
	home_close(&again);
	home_close(&h);
}

/* --dir before KILIM_DIR before a node of this user's own before /var/lib/kilim. */
Test(home, where_it_lives)
{
	char found[256], longer[300];

	setenv("HOME", root, 1);
	unsetenv("KILIM_DIR");
	cr_expect_eq(home_find(NULL, found, &e), ERR_OK);
	cr_expect_str_eq(found, "/var/lib/kilim");
	snprintf(dir, sizeof dir, "%s/.local/share/kilim", root);
	init();
	cr_expect_eq(home_find(NULL, found, &e), ERR_OK);
	cr_expect_str_eq(found, dir);
	setenv("KILIM_DIR", "/x/y/", 1);
	cr_expect_eq(home_find(NULL, found, &e), ERR_OK);
	cr_expect_str_eq(found, "/x/y");
	cr_expect_eq(home_find("z", found, &e), ERR_OK);
	cr_expect_str_eq(found, "z");
	cr_expect_eq(home_find("", found, &e), ERR_USAGE);
	memset(longer, 'a', sizeof longer);
	longer[256] = 0;
	cr_expect_eq(home_find(longer, found, &e), ERR_INPUT);
}

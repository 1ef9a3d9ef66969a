/*
 * main - runs a fuzz target once over every file it is given, where clang's fuzzer is not at hand.
 * Directories are read one level deep; options (-runs=0 ...) are passed over.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define LONGEST (4 * 1024 * 1024)

static int
run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(LONGEST), *exact;
	size_t len;

	if (f == NULL || data == NULL) {
		perror(path);
		exit(1);
	}
	len = fread(data, 1, LONGEST, f);
	fclose(f);
	if ((exact = malloc(len ? len : 1)) == NULL)       /* so that one byte too far is seen */
		exit(1);
	for (size_t i = 0; i < len; i++)
		exact[i] = data[i];
	free(data);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 1;
}

static int
run_dir(const char *path, DIR *d)
{
	char file[4096];
	int n = 0;

	for (struct dirent *one; (one = readdir(d)) != NULL;)
		if (one->d_name[0] != '.' && snprintf(file, sizeof file, "%s/%s", path, one->d_name) < (int)sizeof file)
			n += run_file(file);
	return n;
}

int
main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++) {
		DIR *d = argv[i][0] == '-' ? NULL : opendir(argv[i]);

		if (d) {
			n += run_dir(argv[i], d);
			closedir(d);
		} else if (argv[i][0] != '-') {
			n += run_file(argv[i]);
		}
	}
	printf("%d files\n", n);
	return 0;
}

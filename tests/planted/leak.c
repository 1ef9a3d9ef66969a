/* A test that passes and leaks: the sanitizers' suite is worth something only when it is seen to fail here. */
#include <criterion/criterion.h>
#include <stdlib.h>

Test(planted, leak)
{
	void *volatile lost = malloc(4242);

	cr_assert(lost);
	lost = NULL;
}

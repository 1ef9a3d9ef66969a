#include <string.h>

#include "node/cli/command.h"
#include "node/cli/http.h"

enum err_code
record_export(struct call *c, struct err *e)
{
	const char *output = call_option(c, "output");
	struct buf path = { 0 }, envelope = { 0 };
	bool to_stdout = output == NULL || strcmp(output, "-") == 0;
	enum err_code rc;

	if (to_stdout && (c->terminal || c->json))
		return err_set(e, ERR_USAGE, c->command->name, "terminal",
		    _("a record is bytes, not text; name a file with --output FILE"));
	buf_put_text(&path, "/v1/records/");
	http_escape(&path, call_arg(c, 0));
	rc = http_raw(c, buf_text(&path), &envelope, e);
	if (rc == ERR_OK)
		rc = call_write(c, output, buf_bytes(&envelope), e);
	buf_free(&path);
	buf_free(&envelope);
	return rc;
}

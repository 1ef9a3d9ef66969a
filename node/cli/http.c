#include "node/cli/http.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <curl/curl.h>

#include "node/cli/json.h"
#include "proto/limits.h"

#define TIMEOUT_S 600L        /* a batch of many records on a slow disk */
#define CONNECT_MS 5000L

void
http_escape(struct buf *path, const char *text)
{
	for (; *text; text++)
		if (isalnum((unsigned char)*text) || strchr("-._~", *text))
			buf_put_u8(path, (uint8_t)*text);
		else
			buf_printf(path, "%%%02X", (unsigned char)*text);
}

static size_t
take(char *data, size_t size, size_t count, void *self)
{
	struct buf *answer = self;
	size_t len = size * count;

	if (answer->len + len > LIMIT_CONTROL_BODY)
		return 0;
	buf_put(answer, data, len);
	return len;
}

enum err_code
http_fault(struct bytes answer, long status, struct err *e)
{
	cJSON *json = cJSON_ParseWithLength((const char *)answer.p, answer.len);
	const cJSON *error = json_at(json, "error");
	enum err_code code = ERR_FAILED;

	if (cJSON_IsObject(error) && (code = err_from_word(json_text(error, "code"))) != ERR_OK)
		code = err_set(e, code, json_text(error, "object"), json_text(error, "rule"), "%s",
		    json_text(error, "reason"));
	else
		code = err_set(e, ERR_FAILED, "kilimd", "answer", _("answered with HTTP status %ld"), status);
	cJSON_Delete(json);
	return code;
}

static enum err_code
not_running(const struct call *c, struct err *e)
{
	return err_set(e, ERR_PEER, "kilim", "running",
	    _("no node is running for %s; start it with: kilimd --dir %s"), c->dir, c->dir);
}

static enum err_code
not_allowed(const struct call *c, struct err *e)
{
	return err_set(e, ERR_DENIED, c->dir, "permission",
	    _("this user may not talk to the node; only root, its own user and the groups kilim-admin, kilim "
	      "and kilim-read may"));
}

/* Where the socket is, or why there is none. */
static enum err_code
find_socket(struct call *c, char path[300], struct err *e)
{
	struct stat st;
	char key[300];
	enum err_code rc = call_dir(c, e);

	if (rc)
		return rc;
	snprintf(path, 300, "%s/control", c->dir);
	if (stat(path, &st) == 0) {
		if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
			return err_set(e, ERR_USAGE, c->dir, "length",
			    _("the path is too long for a socket (at most 107 bytes with /control)"));
		return ERR_OK;
	}
	if (errno == EACCES)
		return not_allowed(c, e);
	snprintf(key, sizeof(key), "%s/organisation.key", c->dir);
	if (stat(key, &st) != 0 && errno != EACCES)
		return err_set(e, ERR_MISSING, c->dir, "node",
		    _("no node lives here; make one with: kilim --dir %s init"), c->dir);
	return not_running(c, e);
}

static long
timeout_of(const struct call *c)
{
	return c->timeout_s ? c->timeout_s : TIMEOUT_S;
}

static enum err_code
judge(const struct call *c, CURL *curl, CURLcode done, const struct buf *answer, struct err *e)
{
	long status = 0, reason = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &reason);
	if (done == CURLE_COULDNT_CONNECT)
		return reason == EACCES || reason == EPERM ? not_allowed(c, e) : not_running(c, e);
	if (done == CURLE_OPERATION_TIMEDOUT)
		return err_set(e, ERR_PEER, "kilimd", "timeout", _("gave no answer in %ld seconds"), timeout_of(c));
	if (done == CURLE_WRITE_ERROR)
		return err_set(e, ERR_LIMIT, "kilimd", "size", _("gave a longer answer than this program reads"));
	/* It may refuse a body before it has read all of it: then the answer counts, not the broken pipe. */
	if (done != CURLE_OK && status < 400)
		return err_set(e, ERR_PEER, "kilimd", "answer", _("ended the connection: %s"),
		    curl_easy_strerror(done));
	if (status >= 300 || status < 200)
		return http_fault(buf_bytes(answer), status, e);
	return ERR_OK;
}

static enum err_code
talk(struct call *c, const char *method, const char *path, struct bytes body, struct buf *answer, struct err *e)
{
	char socket[300];
	struct buf url = { 0 };
	struct curl_slist *headers = NULL;
	CURL *curl = NULL;
	enum err_code rc = find_socket(c, socket, e);

	if (rc)
		return rc;
	if ((curl = curl_easy_init()) == NULL)
		return err_set(e, ERR_FAILED, "kilim", "memory", _("the HTTP library did not start"));
	buf_printf(&url, "http://kilim%s", path);
	headers = curl_slist_append(headers, "Expect:");
	headers = curl_slist_append(headers, "Content-Type: application/json");
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_URL, buf_text(&url));
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout_of(c));
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	if (strcmp(method, "GET") != 0 && strcmp(method, "DELETE") != 0) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.len ? (const char *)body.p : "");
	}
	rc = judge(c, curl, curl_easy_perform(curl), answer, e);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	buf_free(&url);
	return rc;
}

enum err_code
http_ask(struct call *c, const char *method, const char *path, struct bytes body, cJSON **out, struct err *e)
{
	struct buf answer = { 0 };
	enum err_code rc = talk(c, method, path, body, &answer, e);
	cJSON *json = NULL;

	if (rc == ERR_OK && out) {
		json = cJSON_ParseWithLength(buf_text(&answer), answer.len);
		if (json == NULL)
			rc = err_set(e, ERR_FAILED, "kilimd", "answer", _("gave an answer that is no JSON"));
		else
			*out = json;
	}
	buf_free(&answer);
	return rc;
}

enum err_code
http_send(struct call *c, const char *method, const char *path, cJSON *body, cJSON **out, struct err *e)
{
	char *text = cJSON_PrintUnformatted(body);
	enum err_code rc = http_ask(c, method, path, bytes_text(text ? text : ""), out, e);

	cJSON_free(text);
	cJSON_Delete(body);
	return rc;
}

enum err_code
http_raw(struct call *c, const char *path, struct buf *out, struct err *e)
{
	struct buf answer = { 0 };
	enum err_code rc = talk(c, "GET", path, (struct bytes){ 0 }, &answer, e);

	if (rc == ERR_OK)
		buf_put_bytes(out, buf_bytes(&answer));
	buf_free(&answer);
	return rc;
}

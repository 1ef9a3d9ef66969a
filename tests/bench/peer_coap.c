/*
 * peer_coap - the same as bench_coap, by client and server programs on libcoap with OpenSSL.
 *
 * Usage    peer_coap [seconds] [non]
 * Prints   peer VALUE
 * Shape    GET, answers of 1 KiB, 16 in flight, CON (or NON), one DTLS 1.2 session with a pre-shared key between
 *          two processes on the loopback; OpenSSL 3.0 chooses ECDHE-PSK with ChaCha20-Poly1305
 * Build    apart from libkilim, which is linked with another build of libcoap
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <coap3/coap.h>

#define WINDOW 16
#define ANSWER 1024
#define WARM_MS 500

static const char identity[] = "bench", secret[] = "sixteen byte key";
static coap_pdu_type_t kind = COAP_MESSAGE_CON;
static unsigned long answered, failed;
static unsigned open_requests;
static bool stop;

static long
tick_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A port that was free a moment ago. */
static coap_address_t
free_address(void)
{
	coap_address_t a;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	coap_address_init(&a);
	a.size = sizeof(a.addr.sin);
	a.addr.sin.sin_family = AF_INET;
	a.addr.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, &a.addr.sa, a.size) || getsockname(fd, &a.addr.sa, &a.size)) {
		perror("peer_coap");
		exit(1);
	}
	close(fd);
	return a;
}

/* --- server --- */

static void
serve(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request, const coap_string_t *query,
    coap_pdu_t *response)
{
	static uint8_t body[ANSWER];
	uint8_t format[2];

	(void)resource;
	(void)session;
	(void)request;
	(void)query;
	memset(body, 'x', sizeof(body));
	coap_pdu_set_code(response, COAP_RESPONSE_CODE_CONTENT);
	coap_add_option(response, COAP_OPTION_CONTENT_FORMAT, coap_encode_var_safe(format, sizeof(format), 60), format);
	coap_add_data(response, sizeof(body), body);
}

static void
server(const coap_address_t *at, int ready)
{
	coap_context_t *c = coap_new_context(NULL);
	coap_dtls_spsk_t psk = { .version = COAP_DTLS_SPSK_SETUP_VERSION };
	coap_resource_t *r = coap_resource_init(coap_make_str_const("b"), 0);

	psk.psk_info.hint = (coap_bin_const_t){ 0, NULL };
	psk.psk_info.key = (coap_bin_const_t){ sizeof(secret) - 1, (const uint8_t *)secret };
	if (!c || !coap_context_set_psk2(c, &psk) || !coap_new_endpoint(c, at, COAP_PROTO_DTLS)) {
		fputs("peer_coap: the server did not start\n", stderr);
		exit(1);
	}
	coap_register_request_handler(r, COAP_REQUEST_GET, serve);
	coap_add_resource(c, r);
	if (write(ready, "r", 1) != 1)
		exit(1);
	for (;;)
		coap_io_process(c, COAP_IO_WAIT);
}

/* --- client --- */

static void
ask(coap_session_t *s)
{
	coap_pdu_t *p = coap_new_pdu(kind, COAP_REQUEST_CODE_GET, s);
	uint8_t token[8];
	size_t len;

	coap_session_new_token(s, &len, token);
	coap_add_token(p, len, token);
	coap_add_option(p, COAP_OPTION_URI_PATH, 1, (const uint8_t *)"b");
	if (coap_send(s, p) == COAP_INVALID_MID)
		failed++;
	else
		open_requests++;
}

static coap_response_t
got(coap_session_t *s, const coap_pdu_t *sent, const coap_pdu_t *received, const coap_mid_t mid)
{
	const uint8_t *data;
	size_t len;

	(void)sent;
	(void)mid;
	if (coap_pdu_get_code(received) == COAP_RESPONSE_CODE_CONTENT && coap_get_data(received, &len, &data) &&
	    len == ANSWER)
		answered++;
	else
		failed++;
	open_requests--;
	if (!stop)
		ask(s);
	return COAP_RESPONSE_OK;
}

static void
run_for(coap_context_t *c, coap_session_t *s, long ms)
{
	long until = tick_ms() + ms, heard = tick_ms();
	unsigned long before = answered;

	while (tick_ms() < until) {
		coap_io_process(c, 100);
		if (answered != before) {
			before = answered;
			heard = tick_ms();
		} else if (tick_ms() - heard > 500) {
			/* A NON was lost and nobody repeats it: fill the window again. */
			for (open_requests = 0; open_requests < WINDOW;)
				ask(s);
			heard = tick_ms();
		}
	}
}

static coap_session_t *
dial(coap_context_t *c, const coap_address_t *at)
{
	coap_dtls_cpsk_t psk = { .version = COAP_DTLS_CPSK_SETUP_VERSION };

	psk.psk_info.identity = (coap_bin_const_t){ sizeof(identity) - 1, (const uint8_t *)identity };
	psk.psk_info.key = (coap_bin_const_t){ sizeof(secret) - 1, (const uint8_t *)secret };
	return coap_new_client_session_psk2(c, NULL, at, COAP_PROTO_DTLS, &psk);
}

static pid_t
start_server(const coap_address_t *at)
{
	int line[2];
	char c;
	pid_t child;

	if (pipe(line) || (child = fork()) < 0) {
		perror("peer_coap");
		exit(1);
	}
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		coap_startup();
		server(at, line[1]);
	}
	close(line[1]);
	if (read(line[0], &c, 1) != 1)
		exit(1);
	close(line[0]);
	return child;
}

int
main(int argc, char **argv)
{
	long seconds = argc > 1 ? atol(argv[1]) : 3, from;
	coap_address_t at = free_address();
	coap_context_t *c;
	coap_session_t *s;
	pid_t child;

	if (argc > 2 && strcmp(argv[2], "non") == 0)
		kind = COAP_MESSAGE_NON;
	child = start_server(&at);
	coap_startup();
	c = coap_new_context(NULL);
	coap_register_response_handler(c, got);
	if ((s = dial(c, &at)) == NULL) {
		fputs("peer_coap: no session\n", stderr);
		return 1;
	}
	coap_session_set_nstart(s, WINDOW);
	for (unsigned i = 0; i < WINDOW; i++)
		ask(s);
	run_for(c, s, WARM_MS);
	answered = 0;
	from = tick_ms();
	run_for(c, s, seconds * 1000);
	printf("peer %.0f\n", (double)answered * 1000 / (double)(tick_ms() - from));
	stop = true;
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	return failed > 0 || answered == 0;
}

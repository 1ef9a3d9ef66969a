/*
 * fuzz_coap - any datagram, alone and after others, met by the codec and by a whole exchange.
 *
 * Input    a train of datagrams, each behind two bytes of length; the time moves on between them
 * Checks   what codec_read accepts is written and read back the same; nothing is sent beyond LIMIT_MESSAGE;
 *          every request of ours ends exactly once, and so does every observation, of us or of ours
 */
#include <stdlib.h>
#include <string.h>

#include "node/coap/exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int64_t now_ms;
static unsigned asked, ended;
static unsigned observing, observers;   /* that have not ended */
static uint64_t waiting, observer;
static uint8_t last[LIMIT_MESSAGE];
static size_t last_len;

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static int64_t
clock_ms(void *self)
{
	(void)self;
	return now_ms;
}

static void
noise(void *self, void *out, size_t len)
{
	(void)self;
	memset(out, 0, len);
}

static void
record(void *self, struct bytes d)
{
	(void)self;
	must(d.len >= 4 && d.len <= LIMIT_MESSAGE);
	memcpy(last, d.p, d.len);
	last_len = d.len;
}

static void
handle(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out)
{
	(void)self;
	out->code = 205;
	out->format = COAP_FORMAT_CBOR;
	out->observed = r->observe;
	if (r->observe) {
		observers++;
		observer = ticket;
	} else if (r->path_count == 0) {
		out->later = true;
		waiting = ticket;
	} else {
		/* As long as the path says, so that blocks are met. */
		size_t want = r->path[0].len * 100;
		memset(buf_grow(&out->body, want + 1), 'x', want + 1);
	}
}

static bool
notify(void *self, uint64_t ticket, struct coap_answer *out)
{
	(void)self;
	out->code = ticket % 7 ? 205 : 403;
	out->format = COAP_FORMAT_CBOR;
	memset(buf_grow(&out->body, ticket % LIMIT_BLOCK), 'z', ticket % LIMIT_BLOCK);
	return ticket % 5;
}

static void
notified(void *self, uint64_t ticket, enum coap_told told)
{
	(void)self;
	(void)ticket;
	must(told == COAP_TOLD || observers-- > 0);
}

static void
on_told(void *self, const struct coap_response *r, bool more)
{
	(void)self;
	must(r->failed == ERR_OK || (r->why && !more));
	must(more || observing-- > 0);
}

static void
on_part(void *self, size_t offset, struct bytes part)
{
	(void)self;
	must(offset + part.len <= LIMIT_ANSWER);
}

static void
on_done(void *self, const struct coap_response *r)
{
	(void)self;
	must(r->body.len <= LIMIT_ANSWER && (r->failed == ERR_OK || r->why));
	ended++;
}

static void
round_trip(struct bytes d)
{
	struct coap_message m, back;
	struct buf out = { 0 }, again = { 0 };

	if (codec_read(d, &m, NULL))
		return;
	codec_write(&m, &out);
	must(codec_read(buf_bytes(&out), &back, NULL) == ERR_OK);
	codec_write(&back, &again);
	must(bytes_equal(buf_bytes(&out), buf_bytes(&again)));
	buf_free(&out);
	buf_free(&again);
}

static void
ask(struct exchange *x, unsigned how)
{
	struct coap_ask spec = { .method = COAP_GET, .path = "a", .format = COAP_FORMAT_NONE, .non = how & 1,
		.paced = (how & 24) == 24, .window = how >> 1 & 15, .max_answer = how & 32 ? 5000 : 0, .part = on_part, .done = on_done };

	asked += exchange_ask(x, &spec, NULL) == ERR_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct world w = { NULL, clock_ms, clock_ms, noise };
	struct exchange_events ev = { .self = NULL, .send = record, .request = handle, .notify = notify,
		.notified = notified };
	struct exchange *x = exchange_new(&ev, &w);

	now_ms = 1000;
	asked = ended = 0;
	waiting = observer = 0;
	observing = observers = 0;
	last_len = 0;
	ask(x, len ? data[0] : 0);
	while (len >= 2) {
		uint8_t own[LIMIT_MESSAGE + 8];
		size_t want = (size_t)(data[0] & 7) << 8 | data[1], room = sizeof(own);
		unsigned how = data[0] >> 3;

		data += 2;
		len -= 2;
		want = want > len ? len : want;
		want = want > room ? room : want;
		if (want)
			memcpy(own, data, want);
		/* One in two takes id and token of what was sent last, to come behind the matching. */
		if ((how & 1) && last_len >= 7 && want >= 7)
			memcpy(own + 2, last + 2, 5);
		round_trip((struct bytes){ own, want });
		exchange_receive(x, (struct bytes){ own, want }, NULL);
		if (how & 2)
			ask(x, how);
		if ((how & 3) == 3 && observing == 0) {
			struct coap_observe o = { .path = "events", .told = on_told };
			observing += exchange_observe(x, &o, NULL) == ERR_OK;
		}
		if (how & 4)
			exchange_notify(x, observer);
		if (how & 4) {
			struct coap_answer a = { .code = 205, .format = COAP_FORMAT_NONE };
			memset(buf_grow(&a.body, 3000), 'y', 3000);
			exchange_answer(x, waiting, &a);
		}
		now_ms += (how & 8) ? 3000 : (how & 16) ? 60000 : 1;
		exchange_timer(x);
		must(exchange_wait_ms(x) >= -1);
		data += want;
		len -= want;
	}
	exchange_free(x);
	must(asked == ended);
	return 0;
}

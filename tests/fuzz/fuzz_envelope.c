/*
 * fuzz_envelope - any bytes as a record: what is read and has no unknown payload key is, signed again from its
 * fields with the same signature put in, the same bytes and id; what is refused leaves the output alone.
 */
#include "proto/envelope.h"

#include "node/crypto/crypto.h"
#include "proto/cbor.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Instead of signing: the signature that the record came with. */
static void
put_back(void *self, struct bytes message, uint8_t out[64])
{
	const struct unverified *u = self;

	(void)message;
	memcpy(out, u->signature, 64);
}

static bool
has_later_keys(struct bytes payload)
{
	struct cbor_reader r;
	uint64_t last = 0;

	cbor_open(&r, payload);
	for (size_t n = cbor_map(&r); n && !r.fault; n--) {
		last = cbor_key(&r);
		cbor_any(&r);
	}
	if (r.fault)
		abort();
	return last > 9;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct id network = { { 1, 2, 3 } };
	struct bytes in = { data, len };
	struct buf again = { 0 };
	struct unverified u;
	struct verified v;
	struct id id;

	crypto_start();
	if (envelope_read(in, &network, &crypto_envelope, &u, NULL) != ERR_OK)
		return 0;
	if ((u.claim.state == RECORD_LIVE) != (u.claim.body.len > 0) || u.claim.expires < 0)
		abort();
	envelope_verify(&u, &network, &crypto_envelope, &v, NULL);
	if (!has_later_keys(u.payload)) {
		if (envelope_sign(&u.claim, &network, &crypto_envelope, put_back, &u, &again, &id, NULL) != ERR_OK)
			abort();
		if (!bytes_equal(in, buf_bytes(&again)) || !id_equal(&id, &u.id))
			abort();
	}
	buf_free(&again);
	return 0;
}

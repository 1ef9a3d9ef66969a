/*
 * mbed - the profile of mbedTLS that we speak, and every difference between mbedTLS 2.28 and 3.6.
 *
 * Source   proto/sessions.md section 2
 * Law      no other file tests MBEDTLS_VERSION_NUMBER or reaches into a structure of mbedTLS
 */
#ifndef KILIM_DTLS_MBED_H
#define KILIM_DTLS_MBED_H

#include "node/base/clock.h"
#include "proto/buf.h"

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cookie.h>
#include <mbedtls/x509_crt.h>

/* DER of an uncompressed SubjectPublicKeyInfo on P-256: the only public key we know. */
#define MBED_SPKI 91

/* Whatever the library needs before its first use; idempotent. */
void mbed_start(void);
/* mbedTLS's f_rng over a struct world (the first argument). */
int mbed_random(void *world, unsigned char *out, size_t len);
/* What f_rng gets as its first argument. */
void *mbed_world(const struct world *w);

/* All that both roles share: version, suites, curve, hashes, own certificate, timers. */
int mbed_configure(mbedtls_ssl_config *c, int endpoint, const struct world *w, mbedtls_x509_crt *own,
    mbedtls_pk_context *key);

/*
 * How often a flight has been repeated, by what mbedTLS sets its later timer to: we have it count from 1, doubling, and wait
 * as long as we like.
 */
unsigned mbed_repetition(uint32_t late_ms);

int mbed_parse_key(mbedtls_pk_context *key, struct bytes der);
bool mbed_is_pair(const mbedtls_pk_context *public_key, const mbedtls_pk_context *private_key);
/*
 * KEY becomes one that keeps its table of multiples of the generator from one signature to the next (2.28
 * else computes the table anew for each).
 */
void mbed_keep_tables(mbedtls_pk_context *key);
void mbed_set_serial(mbedtls_x509write_cert *c, const uint8_t *serial, size_t len);
bool mbed_is_ca(const mbedtls_x509_crt *c);
/* False when the key is not an uncompressed one on P-256. */
bool mbed_spki(const mbedtls_pk_context *key, uint8_t out[MBED_SPKI]);

/* Has the peer's signature over this handshake been verified? */
bool mbed_key_proved(const mbedtls_ssl_context *ssl, bool client);
bool mbed_is_over(const mbedtls_ssl_context *ssl);
/* The receiver's replay window: it moves exactly when a record was authentic. */
struct mbed_window {
	uint64_t top, seen;
};
struct mbed_window mbed_window(const mbedtls_ssl_context *ssl);

#endif

#include "node/dtls/mbed.h"

#include <assert.h>
#include <mbedtls/version.h>
#include <string.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <psa/crypto.h>
#define FIELD(name) MBEDTLS_PRIVATE(name)
#else
#define FIELD(name) name
#endif


#define REPETITIONS 20   /* of a flight: more than there is time for */

/* ChaCha20 first, with AES instructions too: this library's AES-GCM takes 1.6 times as long (docs/decisions/0004). */
static const int suites[] = {
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0
};

/* What a peer's certificate may be made of; whether we know the key is the owner's question. */
static const mbedtls_x509_crt_profile certificate_profile = {
	MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256),
	MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA),
	MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1),
	0 /* no RSA key is long enough: the kind is not in the list above */
};

void
mbed_start(void)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
	psa_status_t rc = psa_crypto_init();

	assert(rc == PSA_SUCCESS);
#endif
}

int
mbed_random(void *world, unsigned char *out, size_t len)
{
	world_random(world, out, len);
	return 0;
}

void *
mbed_world(const struct world *w)
{
	union {
		const struct world *in;
		void *out;
	} as = { w };

	return as.out;
}

/* "P-256 and SHA-256 only", in the words of either version. */
static void
set_algorithms(mbedtls_ssl_config *c)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
	static const uint16_t groups[] = { MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE };
	static const uint16_t signatures[] = { MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_NONE };

	mbedtls_ssl_conf_min_tls_version(c, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_max_tls_version(c, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_groups(c, groups);
	mbedtls_ssl_conf_sig_algs(c, signatures);
#else
	static const mbedtls_ecp_group_id curves[] = { MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_NONE };
	static const int hashes[] = { MBEDTLS_MD_SHA256, MBEDTLS_MD_NONE };

	mbedtls_ssl_conf_min_version(c, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
	mbedtls_ssl_conf_max_version(c, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
	mbedtls_ssl_conf_curves(c, curves);
	mbedtls_ssl_conf_sig_hashes(c, hashes);
#endif
}

unsigned
mbed_repetition(uint32_t late_ms)
{
	unsigned count = 0;

	while (late_ms >>= 1)
		count++;
	return count;
}

int
mbed_configure(mbedtls_ssl_config *c, int endpoint, const struct world *w, mbedtls_x509_crt *own,
    mbedtls_pk_context *key)
{
	int rc = mbedtls_ssl_config_defaults(c, endpoint, MBEDTLS_SSL_TRANSPORT_DATAGRAM,
	    MBEDTLS_SSL_PRESET_DEFAULT);

	if (rc)
		return rc;
	set_algorithms(c);
	mbedtls_ssl_conf_ciphersuites(c, suites);
	mbedtls_ssl_conf_cert_profile(c, &certificate_profile);
	mbedtls_ssl_conf_rng(c, mbed_random, mbed_world(w));
	/* REQUIRED fails with an empty chain, OPTIONAL lets a peer without certificate pass: so our own
	 * certificate is the chain, and the verify callback decides. */
	mbedtls_ssl_conf_authmode(c, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(c, own, NULL);
#if defined(MBEDTLS_SSL_RENEGOTIATION)
	mbedtls_ssl_conf_renegotiation(c, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
	mbedtls_ssl_conf_dtls_anti_replay(c, MBEDTLS_SSL_ANTI_REPLAY_ENABLED);
	mbedtls_ssl_conf_dtls_badmac_limit(c, 0);
	mbedtls_ssl_conf_handshake_timeout(c, 1, 1u << REPETITIONS);
	if (endpoint == MBEDTLS_SSL_IS_SERVER)
		mbedtls_ssl_conf_cert_req_ca_list(c, MBEDTLS_SSL_CERT_REQ_CA_LIST_DISABLED);
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
	if (endpoint == MBEDTLS_SSL_IS_CLIENT)
		mbedtls_ssl_conf_session_tickets(c, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
	return mbedtls_ssl_conf_own_cert(c, own, key);
}

int
mbed_parse_key(mbedtls_pk_context *key, struct bytes der)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
	return mbedtls_pk_parse_key(key, der.p, der.len, NULL, 0, mbed_random, mbed_world(&world_real));
#else
	return mbedtls_pk_parse_key(key, der.p, der.len, NULL, 0);
#endif
}

bool
mbed_is_pair(const mbedtls_pk_context *public_key, const mbedtls_pk_context *private_key)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
	return mbedtls_pk_check_pair(public_key, private_key, mbed_random, mbed_world(&world_real)) == 0;
#else
	return mbedtls_pk_check_pair(public_key, private_key) == 0;
#endif
}

void
mbed_keep_tables(mbedtls_pk_context *key)
{
#if MBEDTLS_VERSION_NUMBER < 0x03000000
	mbedtls_pk_context kept;

	/* An "EC key" is copied into a fresh ECDSA context for each signature; an ECDSA key is used in place. */
	mbedtls_pk_init(&kept);
	if (mbedtls_pk_setup(&kept, mbedtls_pk_info_from_type(MBEDTLS_PK_ECDSA)) != 0 ||
	    mbedtls_ecdsa_from_keypair(kept.pk_ctx, mbedtls_pk_ec(*key)) != 0) {
		mbedtls_pk_free(&kept);
		return;
	}
	mbedtls_pk_free(key);
	*key = kept;
#else
	(void)key; /* 3.6 has the table of P-256 as a constant */
#endif
}

void
mbed_set_serial(mbedtls_x509write_cert *c, const uint8_t *serial, size_t len)
{
	int rc;
#if MBEDTLS_VERSION_NUMBER >= 0x03040000
	uint8_t copy[16];

	assert(len <= sizeof copy);
	memcpy(copy, serial, len);
	rc = mbedtls_x509write_crt_set_serial_raw(c, copy, len);
#else
	mbedtls_mpi n;

	mbedtls_mpi_init(&n);
	rc = mbedtls_mpi_read_binary(&n, serial, len);
	if (rc == 0)
		rc = mbedtls_x509write_crt_set_serial(c, &n);
	mbedtls_mpi_free(&n);
#endif
	assert(rc == 0);
}

bool
mbed_is_ca(const mbedtls_x509_crt *c)
{
	return c->FIELD(ca_istrue) != 0;
}

bool
mbed_spki(const mbedtls_pk_context *key, uint8_t out[MBED_SPKI])
{
	/* SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING { 04 X Y } } */
	static const uint8_t head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
		0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
	uint8_t der[800]; /* room for any key a certificate of LIMIT_CERTIFICATE can hold */
	int len = mbedtls_pk_write_pubkey_der(
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
	    key,
#else
	    &(mbedtls_pk_context){ key->pk_info, key->pk_ctx },
#endif
	    der, sizeof der);

	if (len != MBED_SPKI || memcmp(der + sizeof der - MBED_SPKI, head, sizeof head) != 0)
		return false;
	memcpy(out, der + sizeof der - MBED_SPKI, MBED_SPKI);
	return true;
}

bool
mbed_key_proved(const mbedtls_ssl_context *ssl, bool client)
{
	int state = ssl->FIELD(state);

	/* A client has checked the signature of ServerKeyExchange, a server that of CertificateVerify. 3.6 counts a
	 * state between those and the end in which a server has only asked for a cookie. */
	return state <= MBEDTLS_SSL_HANDSHAKE_OVER && state != MBEDTLS_SSL_SERVER_HELLO_VERIFY_REQUEST_SENT &&
	    state >= (client ? MBEDTLS_SSL_CERTIFICATE_REQUEST : MBEDTLS_SSL_CLIENT_CHANGE_CIPHER_SPEC);
}

bool
mbed_is_over(const mbedtls_ssl_context *ssl)
{
	return ssl->FIELD(state) == MBEDTLS_SSL_HANDSHAKE_OVER;
}

struct mbed_window
mbed_window(const mbedtls_ssl_context *ssl)
{
	return (struct mbed_window){ ssl->FIELD(in_window_top), ssl->FIELD(in_window) };
}

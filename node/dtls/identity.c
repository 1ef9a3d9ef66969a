#include "node/crypto/crypto.h"
#include "node/dtls/inside.h"
#include "proto/limits.h"

#include <stdio.h>
#include <string.h>

/* Longest DER we write: the key has 121 bytes, the certificate about 280. */
#define DER_MAX 1024

void
identity_node(const uint8_t spki[MBED_SPKI], struct id *out)
{
	hash_one((struct bytes){ spki, MBED_SPKI }, out);
}

/* Names and dates are ignored by everyone; the name differs from key to key so that no issuer ever matches. */
static int
write_certificate(const struct world *w, mbedtls_pk_context *key, const struct id *node, uint8_t der[DER_MAX])
{
	mbedtls_x509write_cert c;
	char name[32];
	uint8_t serial[8];
	int rc;

	snprintf(name, sizeof name, "CN=%02x%02x%02x%02x%02x%02x%02x%02x", node->b[0], node->b[1], node->b[2],
	    node->b[3], node->b[4], node->b[5], node->b[6], node->b[7]);
	world_random(w, serial, sizeof serial);
	serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40); /* positive, of constant length */
	mbedtls_x509write_crt_init(&c);
	/* RFC 5280 4.1.2.1: a certificate without extensions is of version 1. */
	mbedtls_x509write_crt_set_version(&c, MBEDTLS_X509_CRT_VERSION_1);
	mbedtls_x509write_crt_set_md_alg(&c, MBEDTLS_MD_SHA256);
	mbedtls_x509write_crt_set_subject_key(&c, key);
	mbedtls_x509write_crt_set_issuer_key(&c, key);
	mbed_set_serial(&c, serial, sizeof serial);
	if ((rc = mbedtls_x509write_crt_set_subject_name(&c, name)) == 0 &&
	    (rc = mbedtls_x509write_crt_set_issuer_name(&c, name)) == 0 &&
	    (rc = mbedtls_x509write_crt_set_validity(&c, "20200101000000", "99991231235959")) == 0)
		rc = mbedtls_x509write_crt_der(&c, der, DER_MAX, mbed_random, mbed_world(w));
	mbedtls_x509write_crt_free(&c);
	return rc;
}

enum err_code
dtls_identity_make(const struct world *w, struct buf *out_key, struct buf *out_certificate, struct err *e)
{
	mbedtls_pk_context key;
	uint8_t key_der[DER_MAX], certificate[DER_MAX], spki[MBED_SPKI];
	struct id node;
	int rc, key_len = 0, certificate_len = 0;

	mbed_start();
	mbedtls_pk_init(&key);
	if ((rc = mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY))) == 0 &&
	    (rc = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key), mbed_random,
	         mbed_world(w))) == 0 &&
	    (rc = key_len = mbedtls_pk_write_key_der(&key, key_der, sizeof key_der)) > 0 &&
	    mbed_spki(&key, spki)) {
		identity_node(spki, &node);
		rc = certificate_len = write_certificate(w, &key, &node, certificate);
	}
	mbedtls_pk_free(&key);
	if (rc <= 0 || certificate_len <= 0) {
		wipe(key_der, sizeof key_der);
		return err_set(e, ERR_FAILED, "node key", "make", "mbedTLS could not make a key (-0x%04x)",
		    (unsigned)-rc);
	}
	buf_put(out_key, key_der + sizeof key_der - (size_t)key_len, (size_t)key_len);
	buf_put(out_certificate, certificate + sizeof certificate - (size_t)certificate_len,
	    (size_t)certificate_len);
	wipe(key_der, sizeof key_der);
	return ERR_OK;
}

/* The rules of proto/sessions.md section 1 that our own pair must keep, or no peer lets us in. */
static enum err_code
read_pair(struct bytes key_der, struct bytes certificate_der, struct dtls_identity *i, struct err *e)
{
	uint8_t spki[MBED_SPKI], own[MBED_SPKI];

	if (mbed_parse_key(&i->key, key_der) != 0 || !mbed_spki(&i->key, own))
		return err_set(e, ERR_INPUT, "node key", "form", "this is not the DER of a P-256 private key");
	if (certificate_der.len > LIMIT_CERTIFICATE ||
	    mbedtls_x509_crt_parse_der(&i->certificate, certificate_der.p, certificate_der.len) != 0)
		return err_set(e, ERR_INPUT, "node certificate", "form", "this is not the DER of a certificate");
	if (!mbed_spki(&i->certificate.pk, spki))
		return err_set(e, ERR_INPUT, "node certificate", "curve", "its key is not on P-256");
	if (mbed_is_ca(&i->certificate))
		return err_set(e, ERR_INPUT, "node certificate", "authority",
		    "it claims to be a certificate authority");
	if (!mbed_is_pair(&i->certificate.pk, &i->key))
		return err_set(e, ERR_INPUT, "node certificate", "pair", "it belongs to another key");
	identity_node(spki, &i->node);
	return ERR_OK;
}

enum err_code
dtls_identity_open(struct bytes key_der, struct bytes certificate_der, struct dtls_identity **out, struct err *e)
{
	struct dtls_identity *i = need_zeroed(1, sizeof *i);
	enum err_code rc;

	mbed_start();
	mbedtls_pk_init(&i->key);
	mbedtls_x509_crt_init(&i->certificate);
	if ((rc = read_pair(key_der, certificate_der, i, e)) != ERR_OK) {
		dtls_identity_free(i);
		return rc;
	}
	mbed_keep_tables(&i->key);
	*out = i;
	return ERR_OK;
}

void
dtls_identity_free(struct dtls_identity *i)
{
	if (i == NULL)
		return;
	mbedtls_pk_free(&i->key); /* which zeroes the secret */
	mbedtls_x509_crt_free(&i->certificate);
	free(i);
}

const struct id *
dtls_identity_node(const struct dtls_identity *i)
{
	return &i->node;
}

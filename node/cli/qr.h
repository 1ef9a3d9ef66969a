/*
 * qr - a code as a picture of half blocks, for a telephone's camera.
 */
#ifndef KILIM_CLI_QR_H
#define KILIM_CLI_QR_H

#include "proto/buf.h"

/* Append the picture of TEXT with a quiet zone, dark on light; nothing when TEXT is too long. COLOUR: set black and
 * white by escape sequences, so that it reads on any background; without, a dark background is assumed. */
void qr_draw(const char *text, bool colour, struct buf *out);

#endif

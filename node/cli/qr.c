#include "node/cli/qr.h"

#include <qrencode.h>

#define QUIET 2   /* modules of light around it; two suffice for telephones and save lines */

static bool
is_dark(const QRcode *code, int x, int y)
{
	x -= QUIET;
	y -= QUIET;
	return x >= 0 && y >= 0 && x < code->width && y < code->width && code->data[y * code->width + x] & 1;
}

void
qr_draw(const char *text, bool colour, struct buf *out)
{
	/* Case does not matter to bech32m, and capitals make a smaller picture. */
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 0);
	static const char *const blocks[2][2] = { { "█", "▀" }, { "▄", " " } };   /* [upper dark][lower dark] */
	int size;

	if (code == NULL)
		return;
	size = code->width + 2 * QUIET;
	for (int y = 0; y < size; y += 2) {
		buf_put_text(out, colour ? "\033[97;40m" : "");
		for (int x = 0; x < size; x++)
			buf_put_text(out, blocks[is_dark(code, x, y)][y + 1 < size ? is_dark(code, x, y + 1) : 0]);
		buf_put_text(out, colour ? "\033[0m\n" : "\n");
	}
	QRcode_free(code);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why something is as it is, or was refused: one line, written where the names are known and handed
 * up to whoever shows it. It is what xdpIfStatusText may hold; what does not fit is cut, at the
 * end.
 */
#ifndef XDP_AGENTX_LIB_REASON_H
#define XDP_AGENTX_LIB_REASON_H

/* 255 octets (the MIB's SnmpAdminString), and a NUL. */
#define REASON_MAX 256

struct reason {
	char text[REASON_MAX];
};

/*
 * Sets the text, which may be made from the present one; returns err, which is not put into it: so
 * a refusal is one line, return reason_set(reason, -EINVAL, "it is ...").
 */
int reason_set(struct reason *reason, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds to the text. */
void reason_add(struct reason *reason, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The empty text: there is nothing to say. */
void reason_clear(struct reason *reason);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text that explains a state or a refusal. */
#ifndef XDP_AGENTX_LIB_REASON_H
#define XDP_AGENTX_LIB_REASON_H

/* Size of the text that explains the state of an interface: xdpIfStatusText, with its NUL. */
#define STATUS_TEXT_MAX 256

#endif

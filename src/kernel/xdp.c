/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/xdp.h"

#include <assert.h>

static const char *const mode_names[] = {
	[XDP_MODE_NONE] = "none",         [XDP_MODE_NATIVE] = "native",
	[XDP_MODE_GENERIC] = "generic",   [XDP_MODE_OFFLOAD] = "offload",
	[XDP_MODE_MULTIPLE] = "multiple",
};
static_assert(sizeof(mode_names) / sizeof(*mode_names) == XDP_MODE_MULTIPLE + 1, "a name each");

static const char *const hook_names[] = {
	[HOOK_ANY] = "any",
	[HOOK_NATIVE] = "native",
	[HOOK_GENERIC] = "generic",
};
static_assert(sizeof(hook_names) / sizeof(*hook_names) == HOOK_GENERIC + 1, "a name each");

const char *xdp_mode_name(enum xdp_mode mode)
{
	return mode_names[mode];
}

const char *xdp_hook_name(enum xdp_hook hook)
{
	return hook_names[hook];
}

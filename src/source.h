/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters of one interface and the writer that keeps them: a map that belongs to the
 * interface, and at times a program that counts in it. The writer may come and go; the map, and
 * with it the values, stays until source_close().
 */
#ifndef XDP_AGENTX_SOURCE_H
#define XDP_AGENTX_SOURCE_H

#include <stdint.h>

#include "counters.h"
#include "links.h"
#include "rules.h"

/* Numbered like the MIB's XdpCounterSource. */
enum source_kind { SOURCE_NONE = 1, SOURCE_COUNT, SOURCE_OBSERVE, SOURCE_MAP };

/* Size of the text that explains the state of an interface: xdpIfStatusText, with its NUL. */
#define STATUS_TEXT_MAX 256

struct source;

/* What the kernel knows of a program; empty strings where it does not tell (bpf_prog_info). */
struct program_info {
	char name[16]; /* BPF_OBJ_NAME_LEN */
	char tag[17];  /* BPF_TAG_SIZE octets in hexadecimal */
};

/*
 * Makes the map of an interface, without a writer. On success *source is owned by the caller, who
 * gives it to source_close(). On failure, -errno, text says what could not be done and why.
 */
int source_open(struct source **source, char text[static STATUS_TEXT_MAX]);

/*
 * Attaches our counter program to the interface; it writes into the map of the source. A writer
 * that the source had before is let go. text is empty, or says what the operator should know (why
 * generic); on failure, -errno, it holds the kernel's reason for each way that was tried. -EBUSY or
 * -EEXIST: somebody else's program is there.
 */
int source_attach(struct source *source, const struct link *link, enum rule_hook hook,
		  char text[static STATUS_TEXT_MAX]);

/* Lets the writer go. The values stay. */
void source_detach(struct source *source);

/* Takes everything away: the writer and the map. NULL is ignored. */
void source_close(struct source *source);

/* The id of our program, 0 while there is none; where it was attached. */
uint32_t source_prog_id(const struct source *source);
enum xdp_mode source_mode(const struct source *source);

/*
 * Reads the whole map with one system call and adds the CPUs up. Returns 0 or -errno, *sum is then
 * unchanged.
 */
int source_read(const struct source *source, struct counters *sum);

/*
 * Asks the kernel what the map fd is and compares type, key size, value size and number of entries
 * with the layout of xdp_stats.h; a map is read only after this. Returns 0, or -EINVAL with what
 * was found and what is expected in text, or another -errno with what could not be asked.
 */
int source_check_map(int map_fd, char text[static STATUS_TEXT_MAX]);

/* What the kernel tells of a program; what it keeps to itself (without CAP_SYS_ADMIN) stays empty.
 */
struct program_info source_describe(uint32_t prog_id);

/* The number of possible CPUs, or -errno. */
int source_possible_cpus(void);

/* Frees what all sources share. Every source has to be closed. */
void source_cleanup(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dispatcher_fates IFNAME OTHER ROUNDS PAUSE: sends frames to IFNAME, one for each combination of
 * return values of three components, ROUNDS times or until SIGTERM ends it after a round, with
 * PAUSE microseconds between frames, and looks where they arrive. The other ends of both
 * interfaces, IFNAME-p and OTHER-p, are in the network namespace "peer"; OTHER is where redirected
 * frames go. Prints for each combination: the return values, the length of the frame, how many were
 * sent, passed to IFNAME, came back to IFNAME-p, and arrived at OTHER-p.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dispatcher.h"

#define NETNS "/run/netns/peer"
#define RECEIVE_BUFFER (64 << 20)
#define DEADLINE 30 /* seconds for frames that are under way */

/* The last one is no verdict. */
static const __u8 values[] = { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT, 7 };
#define VALUES (sizeof(values) / sizeof(*values))
#define TRIPLES (VALUES * VALUES * VALUES)

enum { PASSED, CAME_BACK, REDIRECTED, PLACES };

/* What components return all together: then every one of them gives the frame this fate. */
static const __u8 ends_at[PLACES] = { XDP_PASS, XDP_TX, XDP_REDIRECT };

static int fds[PLACES];
static unsigned long sent[TRIPLES], arrived[TRIPLES][PLACES];
static bool ended[PLACES]; /* the last frame for this place is there */
static __u32 last_round;
static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "dispatcher_fates: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listen_on(const char *ifname)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_LOCAL_EXPERIMENTAL),
		.sll_ifindex = (int)if_nametoindex(ifname),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), size = RECEIVE_BUFFER;

	if (fd < 0 || !at.sll_ifindex ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		fail(ifname);
	return fd;
}

static __u8 value(unsigned int triple, unsigned int component)
{
	unsigned int divisor = component == 0 ? VALUES * VALUES : component == 1 ? VALUES : 1;

	return values[triple / divisor % VALUES];
}

/* The verdict if all components return it; else -1. */
static int unanimous(unsigned int triple)
{
	__u8 all = value(triple, 0);

	return value(triple, 1) == all && value(triple, 2) == all ? all : -1;
}

/* Different for all of them, to be told from octets alone. */
static size_t length_of(unsigned int triple)
{
	return 60 + 5 * triple;
}

static void receive(void)
{
	struct verdicts frame;

	for (unsigned int place = 0; place < PLACES; place++) {
		while (recv(fds[place], &frame, sizeof(frame), MSG_DONTWAIT) > 0) {
			arrived[frame.triple][place]++;
			if (frame.round == last_round && unanimous(frame.triple) == ends_at[place])
				ended[place] = true;
		}
		if (errno != EAGAIN)
			fail("recv");
	}
}

static void send_frame(unsigned int triple, __u32 round, __u32 redirect_to)
{
	union {
		struct verdicts verdicts;
		char octets[ETH_FRAME_LEN];
	} frame = { .verdicts = {
			    .header = { .h_dest = { 2 },
					.h_source = { 6 },
					.h_proto = htons(ETHERTYPE_LOCAL_EXPERIMENTAL) },
			    .verdict = { value(triple, 0), value(triple, 1), value(triple, 2) },
			    .triple = (__u8)triple,
			    .redirect_to = redirect_to,
			    .round = round,
		    } };

	while (send(fds[CAME_BACK], &frame, length_of(triple), 0) < 0)
		if (errno != ENOBUFS && errno != EINTR)
			fail("send");
	sent[triple]++;
}

/* Unanimous combinations come last, since frames for one place do not overtake each other. */
static void send_round(__u32 round, __u32 redirect_to, const struct timespec *pause)
{
	for (int last = 0; last < 2; last++) {
		for (unsigned int triple = 0; triple < TRIPLES; triple++) {
			if ((unanimous(triple) >= 0) != last)
				continue;
			send_frame(triple, round, redirect_to);
			nanosleep(pause, NULL);
			receive();
		}
	}
}

static void check_losses(int fd)
{
	struct tpacket_stats stats;
	socklen_t size = sizeof(stats);

	errno = ENOBUFS;
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) || stats.tp_drops)
		fail("receiving");
}

int main(int argc, char **argv)
{
	char name[IF_NAMESIZE + 2];
	struct timespec pause;
	unsigned long rounds;
	__u32 other, round = 0;
	int netns = open(NETNS, O_RDONLY | O_CLOEXEC);

	if (argc != 5) {
		fprintf(stderr, "usage: %s IFNAME OTHER ROUNDS PAUSE\n", argv[0]);
		return 2;
	}
	rounds = strtoul(argv[3], NULL, 10);
	pause = (struct timespec){ .tv_nsec = strtol(argv[4], NULL, 10) * 1000 };
	signal(SIGTERM, on_signal);

	fds[PASSED] = listen_on(argv[1]);
	other = if_nametoindex(argv[2]);
	if (!other || netns < 0 || setns(netns, CLONE_NEWNET))
		fail(NETNS);
	snprintf(name, sizeof(name), "%s-p", argv[1]);
	fds[CAME_BACK] = listen_on(name);
	snprintf(name, sizeof(name), "%s-p", argv[2]);
	fds[REDIRECTED] = listen_on(name);

	do {
		last_round = ++round;
		memset(ended, 0, sizeof(ended));
		send_round(round, other, &pause);
	} while (round < rounds && !stop);
	for (time_t end = time(NULL) + DEADLINE;
	     !ended[PASSED] || !ended[CAME_BACK] || !ended[REDIRECTED];) {
		if (time(NULL) > end) {
			errno = ETIMEDOUT;
			fail("waiting for the last frames");
		}
		usleep(1000);
		receive();
	}
	for (unsigned int place = 0; place < PLACES; place++)
		check_losses(fds[place]);
	for (unsigned int triple = 0; triple < TRIPLES; triple++)
		printf("%u %u %u %zu %lu %lu %lu %lu\n", value(triple, 0), value(triple, 1),
		       value(triple, 2), length_of(triple), sent[triple], arrived[triple][PASSED],
		       arrived[triple][CAME_BACK], arrived[triple][REDIRECTED]);
	return 0;
}

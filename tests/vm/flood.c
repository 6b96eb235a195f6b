/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flood MICROSECONDS IFNAME...: sends one frame of 100 octets on each of these interfaces, waits so
 * long, and so on until SIGTERM; then it prints how many on each. What cannot be sent ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ETHERTYPE_LOCAL_EXPERIMENTAL 0x88b5 /* IEEE Std 802: nobody answers */

static volatile sig_atomic_t stop;

static void handle_stop(int signal)
{
	(void)signal;
	stop = 1;
}

static int send_one(int fd, const char *name)
{
	unsigned char frame[100] = { 0 };
	struct ethhdr *header = (struct ethhdr *)frame;
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(name),
		.sll_halen = ETH_ALEN,
	};

	memset(header->h_dest, 0x02, ETH_ALEN);
	memset(header->h_source, 0x06, ETH_ALEN);
	header->h_proto = htons(ETHERTYPE_LOCAL_EXPERIMENTAL);
	memcpy(to.sll_addr, header->h_dest, ETH_ALEN);
	while (sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
		if (errno != ENOBUFS && errno != EINTR) {
			perror(name);
			return -1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long count = 0;
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (argc < 3 || fd < 0) {
		fprintf(stderr, "usage: %s MICROSECONDS IFNAME..., as root\n", argv[0]);
		return 2;
	}
	signal(SIGTERM, handle_stop);
	while (!stop) {
		for (int i = 2; i < argc; i++)
			if (send_one(fd, argv[i]))
				return 1;
		count++;
		usleep((useconds_t)atoi(argv[1]));
	}
	printf("%lu\n", count);
	return 0;
}

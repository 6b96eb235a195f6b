/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * send_frames IFNAME COUNT LENGTH [OCTET | udp PORT]: sends that many Ethernet frames of that many
 * octets, no more; OCTET is the first one after the header, 0 if it is not given. With a PORT they
 * are UDP datagrams to it, but for addresses and checksums.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ETHERTYPE_LOCAL_EXPERIMENTAL 0x88b5 /* IEEE Std 802: nobody answers */

static void make_datagram(struct ethhdr *header, unsigned long length, const char *port)
{
	struct iphdr *ip = (struct iphdr *)(header + 1);
	struct udphdr *udp = (struct udphdr *)(ip + 1);

	header->h_proto = htons(ETH_P_IP);
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->protocol = IPPROTO_UDP;
	ip->tot_len = htons((unsigned short)(length - sizeof(*header)));
	udp->dest = htons((unsigned short)strtoul(port, NULL, 10));
	udp->len = htons((unsigned short)(length - sizeof(*header) - sizeof(*ip)));
}

int main(int argc, char **argv)
{
	/* Two octets before a frame align what is behind its header. */
	static _Alignas(4) unsigned char buffer[2 + 65536];
	unsigned char *frame = buffer + 2;
	struct ethhdr *header = (struct ethhdr *)frame;
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };
	unsigned long count, length;
	int fd;

	if (argc < 4 || argc > 6) {
		fprintf(stderr, "usage: %s IFNAME COUNT LENGTH [OCTET | udp PORT]\n", argv[0]);
		return 2;
	}
	to.sll_ifindex = (int)if_nametoindex(argv[1]);
	count = strtoul(argv[2], NULL, 10);
	length = strtoul(argv[3], NULL, 10);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0 || !to.sll_ifindex || length < sizeof(*header) || length > sizeof(buffer) - 2) {
		fprintf(stderr, "%s: cannot send %s octets on %s: %s\n", argv[0], argv[3], argv[1],
			strerror(errno));
		return 1;
	}
	memset(header->h_dest, 0x02, ETH_ALEN);
	memset(header->h_source, 0x06, ETH_ALEN);
	header->h_proto = htons(ETHERTYPE_LOCAL_EXPERIMENTAL);
	if (argc == 5)
		frame[sizeof(*header)] = (unsigned char)strtoul(argv[4], NULL, 10);
	if (argc == 6)
		make_datagram(header, length, argv[5]);
	memcpy(to.sll_addr, header->h_dest, ETH_ALEN);
	while (count) {
		if (sendto(fd, frame, length, 0, (struct sockaddr *)&to, sizeof(to)) >= 0) {
			count--;
		} else if (errno != ENOBUFS && errno != EINTR) {
			fprintf(stderr, "%s: %s: %s\n", argv[0], argv[1], strerror(errno));
			return 1;
		}
	}
	return 0;
}

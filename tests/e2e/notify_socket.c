/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify_socket PATH: listens there as a service manager does (sd_notify(3)), and prints a line for
 * each message: when it came, in ms of the monotonic clock, and its assignments.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

static int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char message[1024];
	ssize_t len;

	if (argc != 2) {
		fprintf(stderr, "usage: %s PATH\n", argv[0]);
		return 2;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror(argv[1]);
		return 1;
	}
	while ((len = recv(fd, message, sizeof(message) - 1, 0)) > 0) {
		message[len] = '\0';
		for (char *end; (end = strchr(message, '\n'));)
			*end = ' ';
		printf("%" PRId64 " %s\n", monotonic_ms(), message);
		fflush(stdout);
	}
	perror(argv[1]);
	return 1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lock.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "log.h"
#include "util.h"

static pid_t lock_holder(const struct sockaddr_un *address, socklen_t size)
{
	/* The holder accepts nobody: with a full backlog, a connection that waits would wait for
	 * ever. */
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred holder = { .pid = 0 };
	socklen_t holder_size = sizeof(holder);

	if (fd >= 0 && !connect(fd, (const struct sockaddr *)address, size))
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &holder_size);
	return holder.pid;
}

int lock_open(int *lock_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0" PACKAGE_NAME };
	socklen_t size = offsetof(struct sockaddr_un, sun_path) + sizeof(PACKAGE_NAME);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, SOMAXCONN)) {
		int err = -errno;

		/* Of a holder in another PID namespace the kernel tells 0. */
		if (err == -EADDRINUSE)
			log_error(0,
				  "another %s (pid %d) serves this network namespace already; stop "
				  "it, or start this one in another namespace",
				  PACKAGE_NAME, (int)lock_holder(&address, size));
		else
			log_error(err,
				  "cannot make the socket @%s that locks the network namespace",
				  PACKAGE_NAME);
		return err;
	}
	*lock_fd = take_fd(&fd);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/lock.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/log.h"
#include "lib/util.h"

static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0" PACKAGE_NAME };
static const socklen_t address_size = offsetof(struct sockaddr_un, sun_path) + sizeof(PACKAGE_NAME);

pid_t lock_holder(void)
{
	/* The holder accepts nobody: with a full backlog, a connection would wait for ever. */
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred holder = { .pid = 0 };
	socklen_t size = sizeof(holder);

	if (fd < 0 ||
	    (connect(fd, (const struct sockaddr *)&address, address_size) && errno != EAGAIN))
		return 0;
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &size);
	return holder.pid ? holder.pid : -1;
}

int lock_open(int *lock_fd)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, address_size) ||
	    listen(fd, SOMAXCONN)) {
		int err = -errno;

		if (err == -EADDRINUSE)
			log_error(0,
				  "another %s (pid %d) serves this network namespace already; stop "
				  "it, or start this one in another namespace",
				  PACKAGE_NAME, (int)lock_holder());
		else
			log_error(err,
				  "cannot make the socket @%s that locks the network namespace",
				  PACKAGE_NAME);
		return err;
	}
	*lock_fd = take_fd(&fd);
	return 0;
}

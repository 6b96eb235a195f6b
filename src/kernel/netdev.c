/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/netdev.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/names.h"

int netdev_list_add(struct netdev_list *list, const struct netdev *netdev)
{
	struct netdev_listed *added;

	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 16;
		struct netdev_listed *grown = realloc(list->member, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		list->member = grown;
		list->capacity = capacity;
	}
	added = &list->member[list->count];
	*added = (struct netdev_listed){ .netdev = *netdev, .order = list->count };
	if (names_copy(&added->altnames, netdev->altnames))
		return -ENOMEM;
	added->netdev.altnames = added->altnames;
	list->count++;
	return 0;
}

static int compare_orders(const struct netdev_listed *a, const struct netdev_listed *b)
{
	return (a->order > b->order) - (a->order < b->order);
}

static int compare_names(const void *first, const void *second)
{
	const struct netdev_listed *a = first, *b = second;
	int by_name = strcmp(a->netdev.name, b->netdev.name);

	return by_name ? by_name : compare_orders(a, b);
}

static bool same_name(const struct netdev *a, const struct netdev *b)
{
	return !strcmp(a->name, b->name);
}

static int compare_numbers(const void *first, const void *second)
{
	const struct netdev_listed *a = first, *b = second;
	int by_number =
		(a->netdev.ifindex > b->netdev.ifindex) - (a->netdev.ifindex < b->netdev.ifindex);

	return by_number ? by_number : compare_orders(a, b);
}

static bool same_number(const struct netdev *a, const struct netdev *b)
{
	return a->ifindex == b->ifindex;
}

/* Sorts; of those that are the same the last one stays. */
static void keep_last(struct netdev_list *list, int (*compare)(const void *, const void *),
		      bool (*same)(const struct netdev *, const struct netdev *))
{
	size_t kept = 0;

	if (list->count)
		qsort(list->member, list->count, sizeof(*list->member), compare);
	for (size_t i = 0; i < list->count; i++)
		if (i + 1 == list->count ||
		    !same(&list->member[i].netdev, &list->member[i + 1].netdev))
			list->member[kept++] = list->member[i];
		else
			free(list->member[i].altnames);
	list->count = kept;
}

void netdev_list_settle(struct netdev_list *list)
{
	keep_last(list, compare_names, same_name);
	keep_last(list, compare_numbers, same_number);
}

const struct netdev *netdev_list_find(const struct netdev_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->member[i].netdev.name, name) ||
		    names_have(list->member[i].altnames, name))
			return &list->member[i].netdev;
	return NULL;
}

void netdev_list_free(struct netdev_list *list)
{
	while (list->count)
		free(list->member[--list->count].altnames);
	free(list->member);
	*list = (struct netdev_list){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record beside the counter map, in a real bpffs. */
#include "unit.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/util.h"
#include "source/record.h"
#include "source/source.h"

static struct pins *pins;
static struct reason error;

static int setup(void **state)
{
	char directory[128];

	(void)state;
	reason_clear(&error);
	snprintf(directory, sizeof(directory), "%s/pins", unit_bpffs);
	return pins_open(&pins, directory, true, &error);
}

static int teardown(void **state)
{
	(void)state;
	pins_close(pins);
	unit_run("rm -rf %s/pins", unit_bpffs);
	return 0;
}

/* Every octet of the counters is another one; the rest is as it may be. */
static struct record sample(unsigned char first)
{
	unsigned char octets[sizeof(struct counters)] = { 0 };
	struct record record = {
		.version = RECORD_VERSION,
		.map_id = first,
		.name = "eth0",
		.address = 0x0102030405060708 + first,
		.discontinuity = 1000 + first,
		.last_change = 2000 + first,
		.kind = SOURCE_COUNT,
	};

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (unsigned char)(first + i);
	memcpy(&record.carry.last, octets, sizeof(octets));
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] /= 2;
	memcpy(&record.carry.adopted, octets, sizeof(octets));
	memcpy(&record.carry.carried, octets, sizeof(octets));
	return record;
}

/* The caller owns the descriptor. */
static int create(const struct record *record)
{
	int fd = record_make(record, &error);

	if (fd < 0 || pins_put(pins, 3, PIN_STATE, fd, &error))
		fail_msg("%s", error.text);
	return fd;
}

static void assert_pinned(const struct record *expected)
{
	struct record found;
	_cleanup_close_ int fd = record_open(&found, pins, 3, &error);

	if (fd < 0)
		fail_msg("%s", error.text);
	found.checksum = expected->checksum; /* it is set when it is written */
	assert_memory_equal(&found, expected, sizeof(found));
}

/* It outlives its descriptor. */
static void test_creates_and_opens(void **state)
{
	struct record record = sample(1);

	(void)state;
	close(create(&record));
	assert_pinned(&record);
}

static void test_writes(void **state)
{
	struct record record = sample(1), next = sample(77);
	_cleanup_close_ int fd = create(&record);
	struct record opened;
	_cleanup_close_ int again = record_open(&opened, pins, 3, &error);

	(void)state;
	assert_int_equal(record_write(fd, &next), 0);
	assert_pinned(&next);
	assert_int_equal(record_write(again, &record), 0);
	assert_pinned(&record);
	assert_true(record_write(-1, &record) < 0);
}

static void test_there_is_none(void **state)
{
	struct record record = sample(1), untouched = record;

	(void)state;
	assert_int_equal(record_open(&record, pins, 3, &error), -ENOENT);
	assert_contains(error.text, pins_path(pins, 3, PIN_STATE));
	assert_memory_equal(&record, &untouched, sizeof(record));
}

/* A record that has to be refused, with this in the message, and still be there. */
static void assert_refused(const char *words)
{
	struct record record = sample(1), untouched = record;

	reason_clear(&error);
	assert_int_equal(record_open(&record, pins, 3, &error), -EINVAL);
	assert_contains(error.text, pins_path(pins, 3, PIN_STATE));
	assert_contains(error.text, " is left alone: ");
	assert_contains(error.text, words);
	assert_memory_equal(&record, &untouched, sizeof(record));
	assert_int_equal(access(pins_path(pins, 3, PIN_STATE), F_OK), 0);
}

static void test_wrong_maps_are_refused(void **state)
{
	static const struct {
		enum bpf_map_type type;
		unsigned int key, value, entries;
	} wrong[] = {
		{ BPF_MAP_TYPE_ARRAY, 4, sizeof(struct record) - 16, 1 },
		{ BPF_MAP_TYPE_ARRAY, 4, sizeof(struct record) + 8, 1 },
		{ BPF_MAP_TYPE_ARRAY, 4, sizeof(struct record), 2 },
		{ BPF_MAP_TYPE_HASH, 4, sizeof(struct record), 1 },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct record), 1 },
		{ BPF_MAP_TYPE_HASH, 8, sizeof(struct record), 1 },
	};
	char words[128];

	(void)state;
	snprintf(words, sizeof(words),
		 "it is no state record; expected an array of one value of %zu octets",
		 sizeof(struct record));
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		_cleanup_close_ int fd = bpf_map_create(wrong[i].type, "wrong", wrong[i].key,
							wrong[i].value, wrong[i].entries, NULL);

		assert_true(fd >= 0);
		assert_int_equal(pins_put(pins, 3, PIN_STATE, fd, &error), 0);
		assert_refused(words);
		assert_true(pins_remove(pins, 3, PIN_STATE));
	}
}

static void test_wrong_versions_are_refused(void **state)
{
	static const uint32_t versions[] = { 0, 1, 2, RECORD_VERSION + 1, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < LENGTH(versions); i++) {
		struct record record = sample(1);
		char words[128];

		record.version = versions[i];
		close(create(&record));
		snprintf(words, sizeof(words), "its layout has version %u, expected %d",
			 versions[i], RECORD_VERSION);
		assert_refused(words);
		assert_true(pins_remove(pins, 3, PIN_STATE));
	}
}

/* That of version 1 has no kind, and counters by it must not be mistaken for ours. */
static void test_version_1_is_refused(void **state)
{
	unsigned char record[288] = { 1 };
	const uint32_t key = 0;
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdp_stats_state", sizeof(key),
						sizeof(record), 1, NULL);

	(void)state;
	assert_int_equal(bpf_map_update_elem(fd, &key, record, BPF_ANY), 0);
	assert_int_equal(pins_put(pins, 3, PIN_STATE, fd, &error), 0);
	assert_refused("it is no state record; expected an array of one value of 304 octets");
}

static void test_kind_is_kept(void **state)
{
	static const enum source_kind kinds[] = { 0, SOURCE_COUNT, SOURCE_OBSERVE, SOURCE_MAP };
	struct record record = sample(1);
	_cleanup_close_ int fd = create(&record);

	(void)state;
	assert_int_equal(offsetof(struct record, kind), 48);
	for (size_t i = 0; i < LENGTH(kinds); i++) {
		record.kind = kinds[i];
		assert_int_equal(record_write(fd, &record), 0);
		assert_pinned(&record);
	}
}

/* Whose map it is stands where a record of before had nothing but zeros. */
static void test_foreign_is_kept(void **state)
{
	struct record record = sample(1);
	_cleanup_close_ int fd = create(&record);

	(void)state;
	assert_int_equal(offsetof(struct record, foreign), 52);
	for (uint32_t foreign = 0; foreign < 2; foreign++) {
		record.foreign = foreign;
		assert_int_equal(record_write(fd, &record), 0);
		assert_pinned(&record);
	}
}

static struct netdev link_of(const char *name, uint64_t address)
{
	struct netdev netdev = { .ifindex = 3, .address = address };

	snprintf(netdev.name, sizeof(netdev.name), "%s", name);
	return netdev;
}

static void test_whose_it_is(void **state)
{
	const struct netdev eth0 = link_of("eth0", 7), renamed = link_of("eth1", 7),
			    other = link_of("eth0", 8);
	struct record record = sample(1), named = record;

	(void)state;
	record.address = 7;
	assert_true(record_is_of(&record, &eth0));
	assert_false(record_is_of(&record, &renamed));
	assert_false(record_is_of(&record, &other));

	record_set_name(&named, &renamed);
	assert_true(record_is_of(&named, &renamed));
	assert_false(record_is_of(&named, &eth0));
	record_set_name(&named, &eth0); /* which has left nothing else behind */
	assert_memory_equal(&named, &record, sizeof(record));
}

/* --- what cannot be a record --- */

static void write_raw(const void *octets, size_t size)
{
	const uint32_t key = 0;
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdp_stats_state", sizeof(key),
						(uint32_t)size, 1, NULL);

	assert_int_equal(bpf_map_update_elem(fd, &key, octets, BPF_ANY), 0);
	assert_int_equal(pins_put(pins, 3, PIN_STATE, fd, &error), 0);
}

static void test_random_content_is_refused(void **state)
{
	unsigned char octets[sizeof(struct record)];
	uint32_t version = RECORD_VERSION;

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (unsigned char)(i * 167 + 13);
	memcpy(octets, &version, sizeof(version));
	write_raw(octets, sizeof(octets));
	assert_refused("its checksum is wrong");
}

/* A single bit, wherever it is. */
static void test_changed_bit_is_refused(void **state)
{
	struct record record = sample(1);
	_cleanup_close_ int fd = create(&record);
	const uint32_t key = 0;

	(void)state;
	for (size_t i = sizeof(record.version); i < sizeof(record); i += 7) {
		unsigned char octets[sizeof(record)];

		assert_int_equal(bpf_map_lookup_elem(fd, &key, octets), 0);
		octets[i] ^= 0x10;
		assert_int_equal(bpf_map_update_elem(fd, &key, octets, BPF_ANY), 0);
		assert_refused("its checksum is wrong");
		octets[i] ^= 0x10;
		assert_int_equal(bpf_map_update_elem(fd, &key, octets, BPF_ANY), 0);
	}
	assert_pinned(&record);
}

/* With a right checksum, or without one as 0.1.0 wrote it: what it says is impossible. */
static void test_impossible_content_is_refused(void **state)
{
	struct record record[8];
	static const char *const words[] = {
		"a time in it is not in the past",
		"a time in it is not in the past",
		"a time in it is not in the past",
		"it has an unknown kind",
		"it has an unknown kind",
		"it names neither map nor interface",
		"it names neither map nor interface",
		"its counters do not add up",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(record); i++)
		record[i] = sample(1);
	record[0].discontinuity = monotonic_ms() + 60000;
	record[1].discontinuity = -1;
	record[2].last_change = INT64_MAX;
	record[3].kind = SOURCE_MAP + 1;
	record[4].foreign = 2;
	record[5].map_id = 0;
	memset(record[6].name, 'x', sizeof(record[6].name));
	record[7].carry.adopted.action[4].rx_bytes = UINT64_MAX;
	for (size_t i = 0; i < LENGTH(record); i++) {
		close(create(&record[i]));
		assert_refused(words[i]);
		assert_true(pins_remove(pins, 3, PIN_STATE));
		record[i].version = 2;
		write_raw(&record[i], offsetof(struct record, checksum));
		assert_refused(words[i]);
		assert_true(pins_remove(pins, 3, PIN_STATE));
	}
}

/* --- that of 0.1.0 --- */

static void test_version_2_is_taken_over(void **state)
{
	struct record record = sample(1), found;
	_cleanup_close_ int fd = -1, replaced = -1;

	(void)state;
	record.version = 2;
	write_raw(&record, offsetof(struct record, checksum));
	assert_pinned(&record);

	fd = record_open(&found, pins, 3, &error);
	found.version = RECORD_VERSION;
	replaced = record_make(&found, &error);
	assert_true(replaced >= 0);
	assert_int_equal(pins_replace(pins, 3, PIN_STATE, replaced, &error), 0);
	assert_pinned(&found);
	found.discontinuity = 7;
	assert_int_equal(record_write(replaced, &found), 0);
	assert_pinned(&found);
	unit_run("[ $(ls $(dirname %s) | wc -l) = 1 ]", pins_path(pins, 3, PIN_STATE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_creates_and_opens),
		TEST(test_writes),
		TEST(test_there_is_none),
		TEST(test_wrong_maps_are_refused),
		TEST(test_wrong_versions_are_refused),
		TEST(test_version_1_is_refused),
		TEST(test_kind_is_kept),
		TEST(test_foreign_is_kept),
		TEST(test_whose_it_is),
		TEST(test_random_content_is_refused),
		TEST(test_changed_bit_is_refused),
		TEST(test_impossible_content_is_refused),
		TEST(test_version_2_is_taken_over),
	};
	int failed;

	unit_enter_namespace();
	unit_bpffs_begin();
	failed = cmocka_run_group_tests_name("record", tests, NULL, NULL);
	unit_bpffs_end();
	return failed;
}

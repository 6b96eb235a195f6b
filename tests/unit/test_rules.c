/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "iface/rules.h"

#define LETTERS_16 "sixteen-letters-"
#define LETTERS_48 LETTERS_16 LETTERS_16 LETTERS_16
#define LETTERS_127 LETTERS_48 LETTERS_48 LETTERS_16 "fifteen-letters"

/* The rules as text, one "PATTERN SOURCE HOOK;" after the other, literal names with a '='. */
static const char *describe(const struct rules *rules)
{
	static char text[1024];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < rules->count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s %s;",
					 rules->rule[i].literal ? "=" : "", rules->rule[i].pattern,
					 rule_source_name(rules->rule[i].source),
					 xdp_hook_name(rules->rule[i].hook));
	return text;
}

/* Each is a line of a file; error is what its message has to contain, NULL if it is right. */
static const struct {
	const char *patterns, *source, *hook, *rules, *error;
} lines[] = {
	{ "eth0", "count", NULL, "=eth0 count any;", NULL },
	{ "eth0", "count", "", "=eth0 count any;", NULL },
	{ "eth0", "count", "any", "=eth0 count any;", NULL },
	{ "eth0", "count", "native", "=eth0 count native;", NULL },
	{ "eth0", "count", "generic", "=eth0 count generic;", NULL },
	{ "eth0", "auto", "native", "=eth0 auto native;", NULL },
	{ "eth0", "auto", NULL, "=eth0 auto any;", NULL },
	{ "eth0", "observe", NULL, "=eth0 observe any;", NULL },
	{ "eth0", "observe", "any", "=eth0 observe any;", NULL },
	{ "eth0", "map", NULL, "=eth0 map any;", NULL },
	{ "eth0", "off", NULL, "=eth0 off any;", NULL },
	{ "*", "count", NULL, "* count any;", NULL },
	{ "eth?", "count", NULL, "eth? count any;", NULL },
	{ "eth[0-3]", "count", NULL, "eth[0-3] count any;", NULL },
	{ "eth0,wan*,eth0.5", "count", "generic",
	  "=eth0 count generic;wan* count generic;=eth0.5 count generic;", NULL },
	{ "eth0,eth0", "count", NULL, "=eth0 count any;=eth0 count any;", NULL },
	{ "fifteen-letters", "count", NULL, "=fifteen-letters count any;", NULL },
	{ LETTERS_16, "count", NULL, "=" LETTERS_16 " count any;", NULL },
	{ LETTERS_127, "count", NULL, "=" LETTERS_127 " count any;", NULL },
	{ LETTERS_127 "-*", "count", NULL, LETTERS_127 "-* count any;", NULL },
	{ "...", "count", NULL, "=... count any;", NULL },

	{ "", "count", NULL, "", "an empty name" },
	{ ",", "count", NULL, "", "an empty name" },
	{ "eth0,", "count", NULL, "", "an empty name" },
	{ ",eth0", "count", NULL, "", "an empty name" },
	{ "eth0,,eth1", "count", NULL, "", "an empty name" },
	{ LETTERS_127 "-", "count", NULL, "",
	  "'sixteen-letters-sixteen-letters-sixteen-' cannot be an interface: it is a name of more "
	  "than 127 characters" },
	{ "eth0," LETTERS_127 "-,eth1", "count", NULL, "", "more than 127 characters" },
	{ "a/b", "count", NULL, "", "a name with '/', ':' or white space" },
	{ "a:b", "count", NULL, "", "a name with '/', ':' or white space" },
	{ "a b", "count", NULL, "", "a name with '/', ':' or white space" },
	{ "a\tb*", "count", NULL, "", "a name with '/', ':' or white space" },
	{ ".", "count", NULL, "", "a name of dots" },
	{ "..", "count", NULL, "", "a name of dots" },
	{ "eth0", "", NULL, "", "unknown source ''; expected auto, count, observe, map or off" },
	{ "eth0", "bogus", NULL, "", "unknown source 'bogus'" },
	{ "eth0", "Count", NULL, "", "unknown source 'Count'" },
	{ "eth0", "counter", NULL, "", "unknown source 'counter'" },
	{ "eth0", "a-source-of-more-than-forty-characters-in-all", NULL, "",
	  "unknown source 'a-source-of-more-than-forty-characters-i'" },
	{ "eth0", "count", "bogus", "", "unknown hook 'bogus'; expected native, generic or any" },
	{ "eth0", "count", "offload", "", "unknown hook 'offload'" },
	{ "eth0", "observe", "native", "", "hook 'native' has no meaning for source 'observe'" },
	{ "eth0", "map", "generic", "", "hook 'generic' has no meaning for source 'map'" },
	{ "eth0", "off", "native", "", "hook 'native' has no meaning for source 'off'" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		struct reason error = { "" };
		struct rules rules = { 0 };
		int err = rules_add(&rules, lines[i].patterns, lines[i].source, lines[i].hook,
				    &error);

		assert_int_equal(err, lines[i].error ? -EINVAL : 0);
		assert_contains(error.text, lines[i].error ? lines[i].error : "");
		assert_string_equal(describe(&rules), lines[i].rules);
		rules_free(&rules);
	}
}

static const struct {
	const char *option, *rules, *error;
} options[] = {
	{ "eth0", "=eth0 count any;", NULL },
	{ "eth0:count", "=eth0 count any;", NULL },
	{ "eth0:auto:native", "=eth0 auto native;", NULL },
	{ "eth0:count:", "=eth0 count any;", NULL },
	{ "eth0,eth1:observe", "=eth0 observe any;=eth1 observe any;", NULL },
	{ "*:off", "* off any;", NULL },

	{ "", "", "an empty name" },
	{ ":count", "", "an empty name" },
	{ "eth0:", "", "unknown source ''" },
	{ "eth0::native", "", "unknown source ''" },
	{ "eth0:bogus", "", "unknown source 'bogus'" },
	{ "eth0:count:bogus", "", "unknown hook 'bogus'" },
	{ "eth0:observe:native", "", "has no meaning for source 'observe'" },
	{ "eth0:count:native:", "", "too many colons in 'eth0:count:native:'" },
	{ "eth0:count:native:x", "", "expected PATTERN[:SOURCE[:HOOK]]" },
};

static void test_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(options); i++) {
		struct reason error = { "" };
		struct rules rules = { 0 };
		int err = rules_add_option(&rules, options[i].option, &error);

		assert_int_equal(err, options[i].error ? -EINVAL : 0);
		assert_contains(error.text, options[i].error ? options[i].error : "");
		assert_string_equal(describe(&rules), options[i].rules);
		rules_free(&rules);
	}
}

static void add(struct rules *rules, const char *patterns, const char *source)
{
	struct reason error;

	assert_int_equal(rules_add(rules, patterns, source, NULL, &error), 0);
}

static void test_bad_line_leaves_the_others(void **state)
{
	struct reason error;
	struct rules rules = { 0 };

	(void)state;
	add(&rules, "eth0", "count");
	assert_int_equal(rules_add(&rules, "eth1,eth2,", "count", NULL, &error), -EINVAL);
	add(&rules, "eth3", "off");
	assert_string_equal(describe(&rules), "=eth0 count any;=eth3 off any;");
	rules_free(&rules);
	assert_int_equal(rules.count, 0);
	assert_null(rules.rule);
}

static void test_first_match_wins(void **state)
{
	static const struct {
		const char *name;
		int rule; /* -1: none */
	} names[] = {
		{ "eth0", 0 },   { "eth1", 1 },  { "eth00", -1 }, { "eth", -1 },  { "wan0", 3 },
		{ "wan", 3 },    { "wan9", 2 },  { "awan", -1 },  { "vlan7", 4 }, { "vlan77", -1 },
		{ "vlanx", -1 }, { "Eth0", -1 }, { "", -1 },
	};
	struct rules rules = { 0 };

	(void)state;
	assert_null(rules_match(&rules, "eth0", NULL));
	add(&rules, "eth0,eth1,wan9", "off");
	add(&rules, "wan*", "count");
	add(&rules, "vlan[0-9]", "count");
	add(&rules, "wan0,eth0", "auto");
	for (size_t i = 0; i < LENGTH(names); i++)
		assert_ptr_equal(rules_match(&rules, names[i].name, NULL),
				 names[i].rule < 0 ? NULL : &rules.rule[names[i].rule]);
	rules_free(&rules);
}

/* Of its alternative names, patterns match none; of the lines, the first one wins. */
static void test_alternative_names(void **state)
{
	static const struct {
		const char *name, *altnames;
		int rule; /* -1: none */
	} links[] = {
		{ "eth0", NULL, -1 },
		{ "eth0", "alt0\0", 0 },
		{ "eth0", "other\0" LETTERS_127 "\0", 3 },
		{ "eth0", "other\0alt\0wan0\0", -1 },
		{ "wan0", "alt0\0", 0 },
		{ "wan0", LETTERS_127 "\0", 1 },
		{ "eth1", "alt0\0", 0 },
		{ "eth1", "alt\0", 2 },
		{ "alt0", NULL, 0 },
	};
	struct rules rules = { 0 };
	struct reason error;

	(void)state;
	add(&rules, "alt0", "off");
	add(&rules, "wan*", "count");
	add(&rules, "eth1," LETTERS_127, "auto");
	for (size_t i = 0; i < LENGTH(links); i++)
		assert_ptr_equal(rules_match(&rules, links[i].name, links[i].altnames),
				 links[i].rule < 0 ? NULL : &rules.rule[links[i].rule]);
	assert_true(rule_names(&rules.rule[0], "eth0", "alt0\0"));
	assert_false(rule_names(&rules.rule[1], "wan*", "wan*\0"));

	assert_int_equal(rules_add_map(&rules, "alt0", "/alt", &error), 0);
	assert_int_equal(rules_add_map(&rules, "eth0", "/own", &error), 0);
	assert_string_equal(rules_map_path(&rules, "eth0", "other\0alt0\0"), "/alt");
	assert_string_equal(rules_map_path(&rules, "eth0", "other\0"), "/own");
	rules_free(&rules);
}

/* A literal name is no pattern, whatever characters the kernel allows in it. */
static void test_literal_name_is_taken_as_it_is(void **state)
{
	struct rules rules = { 0 };

	(void)state;
	add(&rules, "a\\b", "count");
	assert_ptr_equal(rules_match(&rules, "a\\b", NULL), &rules.rule[0]);
	assert_null(rules_match(&rules, "ab", NULL));
	rules_free(&rules);
}

static const struct {
	const char *ifname, *path,
		*error; /* which its message has to contain, NULL if it is right */
} maps[] = {
	{ "eth0", "/sys/fs/bpf/a", NULL },
	{ "eth1", "/sys/fs/bpf/a", NULL }, /* the kernel says whose it is */
	{ "fifteen-letters", "/", NULL },
	{ LETTERS_127, "/c", NULL },
	{ "a\\b", "/b", NULL },

	{ "eth0", "/sys/fs/bpf/b", "'eth0' cannot be used: it is named by another xdpMap already" },
	{ "wan*", "/a", "'wan*' cannot be used: it is a pattern, and no two interfaces may have " },
	{ "eth?", "/a", "it is a pattern" },
	{ "eth[23]", "/a", "it is a pattern" },
	{ "eth2,eth3", "/a",
	  "'eth2,eth3' cannot be used: it is a list, and no two interfaces may" },
	{ "eth2", "pinned/a", "'pinned/a' cannot be used: it is no absolute path" },
	{ "eth2", "", "'' cannot be used: it is no absolute path" },
	{ "", "/a", "'' cannot be used: it is an empty name" },
	{ LETTERS_127 "-", "/a", "it is a name of more than 127 characters" },
	{ "a/b", "/a", "it is a name with '/', ':' or white space" },
};

/* Each is added to those that were right before it. */
static void test_maps(void **state)
{
	struct rules rules = { 0 };
	size_t right = 0;

	(void)state;
	assert_null(rules_map_path(&rules, "eth0", NULL));
	for (size_t i = 0; i < LENGTH(maps); i++) {
		struct reason error = { "" };
		int err = rules_add_map(&rules, maps[i].ifname, maps[i].path, &error);

		assert_int_equal(err, maps[i].error ? -EINVAL : 0);
		assert_contains(error.text, maps[i].error ? maps[i].error : "");
		assert_int_equal(!*error.text, !maps[i].error);
		right += !err;
		assert_int_equal(rules.map_count, right);
	}
	for (size_t i = 0; i < right; i++)
		assert_string_equal(rules_map_path(&rules, maps[i].ifname, NULL), maps[i].path);
	assert_null(rules_map_path(&rules, "eth2", NULL));
	assert_null(rules_map_path(&rules, "eth", NULL));
	assert_int_equal(rules.count, 0);
	rules_free(&rules);
	assert_int_equal(rules.map_count, 0);
	assert_null(rules.map);
	assert_null(rules_map_path(&rules, "eth0", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_bad_line_leaves_the_others),
		cmocka_unit_test(test_first_match_wins),
		cmocka_unit_test(test_alternative_names),
		cmocka_unit_test(test_literal_name_is_taken_as_it_is),
		cmocka_unit_test(test_maps),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}

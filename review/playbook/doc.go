// Package playbook reads a team's rules from YAML and answers what they say of
// a case: how many approvals, how long to wait, where it stands, by when it
// should be answered, who may do what.
//
// A [Playbook] is made once, by [Load], [Parse] or [Default], is immutable and
// safe for any number of goroutines; changed rules are a new one with another
// [Playbook.Version], and approvals are bound to the version under which they
// were given. The package is pure but for Load, which reads one file: it
// fetches no secret and knows no chat, platform, model or database. What a
// kind of source wants in its settings the connectors check, and report with
// [Source.Problem] at the right line.
//
// Whatever is wrong in the file comes back as one [*Error] with every problem,
// each with file, line, column and a sentence that says what to do. Nothing is
// ignored: a key that is not known is a problem, because a misspelt rule is a
// rule that does not hold.
//
// # The keys
//
//	version        what the team calls this state of its rules
//	team           name, language (drafts are translated back into it), languages (people may answer
//	               in), time_zone, hours, holidays, staff_names (masked in digests)
//	brand          name, voice, sign_off, sign_offs (by person)
//	people         who has ids in several chats
//	roles          lead, approver, responder, viewer: lists of ids; none at all: the chat decides
//	solo           true for a team of one: one approval, a longer wait
//	rules          when …: approvals, lead, other_than_author, cool_off, pause; the first that meets wins
//	verdicts       second_person, silent_for
//	publishing     verify_after, settle_after
//	contacts       what replies may name: email, phone, url or place, with label and sources
//	link_domains   where replies may link to
//	facts          statements the team vouches for
//	targets        when …: within, business_hours
//	sources        the review platforms: kind, account, location, poll, channel, platform, country,
//	               max_length, settings
//	channels       where cases stand: name, chat, id, sources, quiet
//	console        false switches the web console off as a chat
//	drafting       cost_per_day, tokens_per_day, variants, humour
//	incident       reviews, within
//	digests        daily ("09:00" or never), weekly ("mon 09:00" or never), channels (their names)
//	privacy        true: no reply confirms that somebody is a customer
//
// A `when` has any of stars (1-2, 4, none), heat (calm, upset, heated), class
// (ordinary, sensitive, or one of the sensitive classes), verdict, light,
// spreading, source and location; what it leaves out meets every case, and so
// does `any`. What a rule leaves out is as the built-in rules have it:
//
//	heated                  2 approvals, one by another than the author; 2m old; waits 5m
//	light (a light touch)   2 approvals; waits 60s
//	all others              1 approval; waits 60s
//
// [Example] has all of it with comments for newcomers, [Minimal] the least that
// is worth writing.
package playbook

package playbook

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/clock"
)

func must(t testing.TB, text string) *Playbook {
	t.Helper()
	p, err := Parse("playbook.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestExamplesLoad(t *testing.T) {
	for _, name := range []string{"example.yaml", "minimal.yaml"} {
		if _, err := Load(name); err != nil {
			t.Errorf("%v", err)
		}
	}
	if p := must(t, Minimal()); p.Version() == Default().Version() || p.Brand() != "Hearth & Kettle" {
		t.Errorf("the minimal playbook says nothing: brand %q", p.Brand())
	}
}

// TestExampleShowsEveryKey keeps the example and the key table together.
func TestExampleShowsEveryKey(t *testing.T) {
	for section, names := range keys {
		if section == "solo" { // shown as `solo: true`; the block is for who looks further
			continue
		}
		for _, name := range names {
			if !strings.Contains(Example(), name+":") {
				t.Errorf("the example does not show %q of %q", name, section)
			}
		}
	}
}

func TestExample(t *testing.T) {
	p := must(t, Example())
	if p.Label() != "2026-09" || p.Language() != "en" || p.Location().String() != "Europe/Berlin" || p.Solo() || p.Privacy() {
		t.Errorf("label %q, language %q, zone %s, solo %v, privacy %v", p.Label(), p.Language(), p.Location(), p.Solo(), p.Privacy())
	}
	if !p.MayAnswerIn("de-AT") || p.MayAnswerIn("ja") || !p.MayAnswerIn("") {
		t.Errorf("languages %v", p.Languages())
	}
	for _, tt := range []struct {
		person review.PersonID
		lang   string
		want   string
	}{
		{"console:ana", "de", "Ana, Hearth & Kettle"},
		{"slack:T9/U0123ABCD", "de", "Ana, Hearth & Kettle"},
		{"console:ben", "de-AT", "Ihr Team von Hearth & Kettle"},
		{"console:ben", "ja", "Your team at Hearth & Kettle"},
	} {
		if got := p.SignOff(tt.person, tt.lang); got != tt.want {
			t.Errorf("%s signs off in %s with %q, want %q", tt.person, tt.lang, got, tt.want)
		}
	}
	values := func(cs []Contact) (out []string) {
		for _, c := range cs {
			out = append(out, c.Value)
		}
		return out
	}
	if got := values(p.Contacts("storefront")); !slices.Equal(got, []string{"care@example.test", "https://www.example.test/help"}) {
		t.Errorf("contacts of the storefront: %v", got)
	}
	if got := values(p.Contacts("shop")); !slices.Equal(got, []string{"care@example.test", "+49 30 1234567", "https://www.example.test/help", "Settings > Help"}) {
		t.Errorf("contacts of the shop: %v", got)
	}
	if all, de := p.Facts(""), p.Facts("de"); len(all) != 2 || len(de) != 1 || de[0].Name != "returns" {
		t.Errorf("facts %v, in German %v", all, de)
	}
	if f, ok := p.Fact("warranty"); !ok || f.Text != "Every kettle has a two-year warranty." {
		t.Errorf("the fact warranty is %v", f)
	}
	s, ok := p.Source("storefront")
	if !ok || s.Kind != "woocommerce" || s.Poll != 5*time.Minute || s.Settings.Get("password") != "file:/run/secrets/shop-password" {
		t.Errorf("the storefront is %+v", s)
	}
	err := s.Problem("url", "cannot be reached")
	line := strings.Count(Example()[:strings.Index(Example(), "      url: ")], "\n") + 1
	if want := fmt.Sprintf("playbook.yaml:%d:12: cannot be reached", line); err.Error() != want {
		t.Errorf("a connector's problem reads %q, want %q", err, want)
	}
	if got := p.Chats(); !slices.Equal(got, []string{"console", "discord", "slack"}) {
		t.Errorf("chats %v", got)
	}
	c := p.Calendar()
	if err := c.Valid(); err != nil {
		t.Error(err)
	}
	friday := time.Date(2026, 10, 2, 14, 0, 0, 0, p.Location()) // then a holiday, and it is a weekend
	if got := c.Add(friday, 2*time.Hour); !got.Equal(time.Date(2026, 10, 5, 10, 0, 0, 0, p.Location())) {
		t.Errorf("two working hours after Friday 14:00 it is %s", got)
	}
	if !c.Holidays[clock.Date{Month: time.December, Day: 25}] {
		t.Error("Christmas is no holiday")
	}
}

func TestDefault(t *testing.T) {
	p := Default()
	if empty := must(t, "# nothing yet\n"); empty.Version() != p.Version() {
		t.Error("an empty file is not the default")
	}
	if role, configured := p.RoleOf("console:ana"); configured || role != review.Nobody {
		t.Errorf("without roles RoleOf says %s, %v", role, configured)
	}
	if got := p.Routes("anything", true); !slices.Equal(got, []Route{{Chat: Console}}) {
		t.Errorf("routes %v", got)
	}
	if in := p.Incident(); in.Reviews != 5 || in.Within != 24*time.Hour {
		t.Errorf("incident %+v", in)
	}
	if d := p.Drafting(); d.Humour || slices.Contains(d.Variants, Light) || d.TokensPerDay == 0 {
		t.Errorf("drafting %+v", d)
	}
	if !p.Calendar().Always() {
		t.Error("without hours not all hours count")
	}
	if d := must(t, "drafting: {humour: true}").Drafting(); !slices.Contains(d.Variants, Light) {
		t.Errorf("humour is on and the variants are %v", d.Variants)
	}
}

// stars is a case with that rating, 0 for none.
func stars(n float64) review.Case {
	c := review.Case{Review: review.Review{Key: review.Key{Source: "shop", ID: "1"}, Body: "words", Rating: review.StarRating(n)}}
	if n == 0 {
		c.Review.Rating = review.Rating{Kind: review.Unrated}
	}
	return c
}

func TestDefaultPolicy(t *testing.T) {
	src := SourceTraits{Account: "acct", CanReply: true, CanReadBack: true}
	heated, light, both := stars(1), stars(2), stars(1)
	heated.Heat = review.Heated
	light.Draft = &review.Draft{Variant: Light}
	both.Heat, both.Draft = review.Heated, light.Draft
	one := review.Policy{
		Playbook: Default().Version(), Account: "acct", CanReply: true, CanReadBack: true,
		Quorum: review.Quorum{Count: 1}, CoolOff: time.Minute, SilentFor: 30 * day,
		SecondPerson: []review.Verdict{review.VerdictSilent}, VerifyAfter: 30 * time.Second, SettleAfter: 24 * time.Hour,
	}
	two := one
	two.Quorum.Count = 2
	hot := two
	hot.Quorum.OtherThanAuthor, hot.Pause, hot.CoolOff = true, 2*time.Minute, 5*time.Minute
	solo := hot
	solo.Playbook, solo.Solo = Default().WithSolo().Version(), true
	solo.Quorum = review.Quorum{Count: 1}
	calm := one
	calm.Playbook, calm.Solo, calm.CoolOff = solo.Playbook, true, 5*time.Minute
	for _, tt := range []struct {
		name string
		p    *Playbook
		c    review.Case
		want review.Policy
	}{
		{"five stars", Default(), stars(5), one},
		{"three stars", Default(), stars(3), one},
		{"one star", Default(), stars(1), one},
		{"no rating", Default(), stars(0), one},
		{"heated", Default(), heated, hot},
		{"light", Default(), light, two},
		{"heated and light", Default(), both, hot},
		{"alone", Default().WithSolo(), stars(1), calm},
		{"alone, heated", Default().WithSolo(), heated, solo},
		{"alone by file", must(t, "solo: true"), heated, solo},
	} {
		if diff := cmp.Diff(tt.want, tt.p.Policy(tt.c, src)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestRulesFillFromTheBuiltIn(t *testing.T) {
	p := must(t, `
rules:
  - when: {class: sensitive, source: shop}
    lead: true
  - when: {stars: "1-2"}
    approvals: 3
sources: {shop: {kind: webhook}}
`)
	heated := stars(1.9)
	heated.Heat = review.Heated
	got := p.Policy(heated, SourceTraits{})
	if got.Quorum != (review.Quorum{Count: 3, OtherThanAuthor: true}) || got.Pause != 2*time.Minute || got.CoolOff != 5*time.Minute {
		t.Errorf("a heated two-star review: %+v", got)
	}
	legal := stars(3.9) // counts as three
	legal.Class = review.Legal
	if got := p.Policy(legal, SourceTraits{}); got.Quorum != (review.Quorum{Count: 1, Lead: true}) {
		t.Errorf("a legal matter: %+v", got.Quorum)
	}
	if got := p.Policy(stars(2.9), SourceTraits{}); got.Quorum.Count != 3 {
		t.Errorf("2.9 stars are not met by 1-2: %+v", got.Quorum)
	}
	other := legal
	other.Review.Key.Source = "play"
	if got := p.Policy(other, SourceTraits{}); got.Quorum.Lead {
		t.Error("the rule of one source met another")
	}
	unknown := legal
	unknown.Class = "a class of tomorrow"
	if got := p.Policy(unknown, SourceTraits{}); !got.Quorum.Lead {
		t.Error("an unknown sensitive class counts as ordinary")
	}
}

func TestRoleOf(t *testing.T) {
	p := must(t, `
people:
  ana: [console:ana, slack:U1]
roles:
  lead: [ana]
  approver: [slack:T1/U2, slack-group:S1]
  responder: ["discord-role:7", slack:U2]
`)
	for _, tt := range []struct {
		ids  []review.PersonID
		want review.Role
	}{
		{[]review.PersonID{"console:ana"}, review.Lead},
		{[]review.PersonID{"slack:T5/U1"}, review.Lead},
		{[]review.PersonID{"slack:T1/U2"}, review.Approver},
		{[]review.PersonID{"slack:T2/U2"}, review.Responder},
		{[]review.PersonID{"slack:T1/U9", "slack-group:T1/S1"}, review.Approver},
		{[]review.PersonID{"discord:1/5", "discord-role:1/7"}, review.Responder},
		{[]review.PersonID{"console:eve"}, review.Viewer},
		{[]review.PersonID{"console:U1"}, review.Viewer},
		{[]review.PersonID{"console:x/ana", "other:x/ana", "ana"}, review.Viewer},
		{[]review.PersonID{"discord:T1/S1"}, review.Viewer},
		{nil, review.Viewer},
	} {
		if got, configured := p.RoleOf(tt.ids...); got != tt.want || !configured {
			t.Errorf("RoleOf(%v) = %s, %v, want %s", tt.ids, got, configured, tt.want)
		}
	}
	for id, want := range map[review.PersonID]review.PersonID{
		"slack:T5/U1": "console:ana", "slack:U1": "console:ana", "console:ana": "console:ana", "slack:T5/U2": "slack:T5/U2",
	} {
		if got := p.Canonical(id); got != want {
			t.Errorf("Canonical(%s) = %s, want %s", id, got, want)
		}
	}
}

func TestRoutes(t *testing.T) {
	p := must(t, `
sources:
  shop: {kind: webhook}
  play: {kind: google-play}
  yelp: {kind: manual, channel: sites}
channels:
  - {chat: slack, id: C1, quiet: C9}
  - {chat: slack, id: C2, sources: shop}
  - {chat: discord, id: 5, name: sites, sources: [play]}
  - {chat: console, id: shop-only, sources: [shop]}
`)
	for _, tt := range []struct {
		source string
		quiet  bool
		want   []Route
	}{
		{"shop", false, []Route{{Chat: Console, Channel: "shop-only"}, {Chat: Slack, Channel: "C2"}}},
		{"shop", true, []Route{{Chat: Console, Channel: "shop-only"}, {Chat: Slack, Channel: "C2"}}},
		{"play", true, []Route{{Chat: Console, Channel: ""}, {Chat: Slack, Channel: "C9"}, {Chat: Discord, Channel: "5"}}},
		{"yelp", false, []Route{{Chat: Console, Channel: ""}, {Chat: Slack, Channel: "C1"}, {Chat: Discord, Channel: "5"}}},
		{"import", false, []Route{{Chat: Console, Channel: ""}, {Chat: Slack, Channel: "C1"}}},
	} {
		if got := p.Routes(tt.source, tt.quiet); !slices.Equal(got, tt.want) {
			t.Errorf("%s (quiet %v) goes to %v, want %v", tt.source, tt.quiet, got, tt.want)
		}
	}
	if got := must(t, "console: no\nchannels: [{chat: slack, id: C1}]").Routes("x", false); !slices.Equal(got, []Route{{Chat: Slack, Channel: "C1"}}) {
		t.Errorf("with the console off: %v", got)
	}
}

func TestTarget(t *testing.T) {
	p := must(t, `
sources: {shop: {kind: webhook}}
targets:
  - {when: {stars: 1-2, source: shop}, within: 8h, business_hours: true}
  - {when: {stars: 3, location: berlin}, within: 2d}
  - {when: {stars: none}, within: 0}
`)
	spreading, berlin := stars(3), stars(3)
	spreading.Spreading = true
	berlin.Review.Key.Location = "berlin"
	starOnly := stars(1)
	starOnly.Review.Body = ""
	for _, tt := range []struct {
		name     string
		c        review.Case
		want     time.Duration
		business bool
	}{
		{"one star in the shop", stars(1), 8 * time.Hour, true},
		{"three stars in Berlin", berlin, 48 * time.Hour, false},
		{"three stars elsewhere", stars(3), 24 * time.Hour, false},
		{"spreading", spreading, 2 * time.Hour, false},
		{"no rating", stars(0), 0, false},
		{"praise", stars(5), 0, false},
		{"star-only", starOnly, 0, false},
	} {
		if d, business := p.Target(tt.c); d != tt.want || business != tt.business {
			t.Errorf("%s: %s, business hours %v; want %s, %v", tt.name, d, business, tt.want, tt.business)
		}
	}
}

func TestSettings(t *testing.T) {
	p := must(t, `
sources:
  shop:
    kind: webhook
    settings:
      id: 007
      verify: true
      list: [a, 2]
      headers: {X-Api-Token: "${TOKEN}", more: {deep: 1}}
      empty:
`)
	s, _ := p.Source("shop")
	want := Settings{"id": {"007"}, "verify": {"true"}, "list": {"a", "2"}, "headers.X-Api-Token": {"${TOKEN}"}, "headers.more.deep": {"1"}, "empty": nil}
	if diff := cmp.Diff(want, s.Settings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	var e *Error
	if err := s.Problem("headers.more.deep", "is %d too deep", 1); !errors.As(err, &e) || e.Problems[0].Line != 9 || e.Problems[0].Path != "sources.shop.headers.more.deep" {
		t.Errorf("a problem with a setting: %+v", e)
	}
	if err := s.Problem("missing", "is needed"); !errors.As(err, &e) || e.Problems[0].Line != 3 {
		t.Errorf("a problem with a setting that is not there: %+v", e)
	}
}

func TestNothingGivenOutIsShared(t *testing.T) {
	p := must(t, Example())
	before := hash(p.rules)
	spoil := func(s []string) {
		for i := range s {
			s[i] = "spoilt"
		}
	}
	spoil(p.Languages())
	spoil(p.StaffNames())
	spoil(p.LinkDomains())
	spoil(p.Drafting().Variants)
	for _, c := range p.Contacts("shop") {
		spoil(c.Sources)
	}
	for _, f := range p.Facts("") {
		spoil(f.Languages)
	}
	for _, s := range p.Sources() {
		for _, v := range s.Settings {
			spoil(v)
		}
		clear(s.Settings)
	}
	s, _ := p.Source("shop")
	clear(s.Settings)
	p.Policy(stars(1), SourceTraits{}).SecondPerson[0] = "spoilt"
	c := p.Calendar()
	clear(c.Holidays)
	c.Hours[1][0].From = 0
	if hash(p.rules) != before {
		t.Error("what an accessor gave out is the playbook's own memory")
	}
}

func TestVersion(t *testing.T) {
	base := "team: {name: A, languages: [en, de]}\nrules:\n  - approvals: 2\nroles: {lead: [console:a, console:b]}\n"
	same := map[string]string{
		"comments":          "# hello\n" + strings.ReplaceAll(base, "\n", " # yes\n"),
		"spacing":           strings.ReplaceAll(base, ": ", ":   "),
		"another style":     "team:\n  name: 'A'\n  languages:\n    - en\n    - de\nrules: [{approvals: 2}]\nroles:\n  lead: [console:a, console:b]\n",
		"order of keys":     "roles: {lead: [console:b, console:a]}\nrules:\n  - approvals: 2\nteam: {languages: [de, en], name: A}\n",
		"the label":         "version: spring\n" + base,
		"a written default": base + "verdicts: {silent_for: 720h}\nincident: {reviews: 5}\nprivacy: no\n",
	}
	version := must(t, base).Version()
	if len(version) != 12 {
		t.Errorf("the version is %q", version)
	}
	for name, text := range same {
		if got := must(t, text).Version(); got != version {
			t.Errorf("%s changed the version", name)
		}
	}
	seen := map[string]string{version: "the base"}
	for _, change := range []string{
		"privacy: true", "solo: true", "solo: {cool_off: 6m}", "verdicts: {silent_for: 31d}", "verdicts: {second_person: []}", "publishing: {verify_after: 31s}",
		"publishing: {settle_after: 1d1s}", "contacts: [{email: a@example.test}]", "contacts: [{email: b@example.test}]", "link_domains: [example.test]",
		"facts: {a: b}", "facts: {a: c}", "targets: [{within: 3h}]", "targets: [{within: 3h, business_hours: true}]", "sources: {a: {kind: file}}",
		"sources: {a: {kind: file, settings: {b: c}}}", "sources: {a: {kind: file, settings: {b: [c, d]}}}", "channels: [{chat: slack, id: C1}]", "channels: [{chat: slack, id: C1, quiet: C2}]",
		"drafting: {humour: true}", "drafting: {cost_per_day: 1}", "incident: {reviews: 6}", "brand: {voice: dry}", "brand: {sign_off: A}",
		"brand: {sign_off: {de: A}}", "brand: {sign_offs: {\"console:a\": A}}", "people: {a: [console:a, slack:U1]}",
		"console: false\nchannels: [{chat: slack, id: C1}]",
	} {
		got := must(t, base+change+"\n").Version()
		if other, ok := seen[got]; ok {
			t.Errorf("%q has the version of %q", change, other)
		}
		seen[got] = change
	}
	if must(t, base+"solo: true").Version() != must(t, base).WithSolo().Version() {
		t.Error("WithSolo is not what `solo: true` is")
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "p.yaml")
	write := func(b []byte) {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(filepath.Join(dir, "missing.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v", err)
	}
	var e *Error
	write([]byte(strings.Repeat("#", MaxSize+1)))
	if _, err := Load(file); !errors.As(err, &e) || !strings.Contains(err.Error(), "at most 262144 are taken") {
		t.Errorf("a huge file: %v", err)
	}
	write([]byte("team: \xff\n"))
	if _, err := Load(file); !errors.As(err, &e) || !strings.Contains(err.Error(), "save it as UTF-8") {
		t.Errorf("another encoding: %v", err)
	}
	write([]byte("team: {nmae: A}\n"))
	if _, err := Load(file); err == nil || err.Error() != file+`:1:8: "nmae" is not a key of "team"; did you mean "name"?` {
		t.Errorf("one problem: %v", err)
	}
	write([]byte("privcy: true\nsolo: x\n"))
	want := fmt.Sprintf("the playbook has 2 problems:\n  %[1]s:1:1: \"privcy\" is not a key of the playbook; did you mean \"privacy\"?\n  %[1]s:2:7: \"solo\" is either true or false, not \"x\"", file)
	if _, err := Load(file); err == nil || err.Error() != want {
		t.Errorf("two problems: %v", err)
	}
	write([]byte("\ufeffprivacy: true\r\nsolo: true\r\n"))
	if p, err := Load(file); err != nil || !p.Privacy() || !p.Solo() {
		t.Errorf("a file as Windows writes it: %v", err)
	}
	write([]byte(strings.Repeat("- x\n", 10) + strings.Repeat("a: [\n", 10)))
	if _, err := Load(file); !errors.As(err, &e) {
		t.Errorf("no YAML: %v", err)
	}
}

func TestManyProblemsAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "key%d: 1\n", i)
	}
	_, err := Parse("p", []byte(b.String()))
	var e *Error
	if !errors.As(err, &e) || len(e.Problems) != maxProblems {
		t.Errorf("%v", err)
	}
}

func TestDurations(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"0": 0, "90s": 90 * time.Second, "5m": 5 * time.Minute, "30d": 30 * day, "1d12h": 36 * time.Hour, "2w1d": 15 * day, "1h30m": 90 * time.Minute, " 1d ": day, "0s": 0,
	} {
		if got, err := ParseDuration(in); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %s, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "5", "-5m", "+5m", "d", "1x", "1d-1h", "5 m", "1h1d", "99999999w", "9999999999999999999d", "290y", "106751d24h"} {
		if got, err := ParseDuration(in); err == nil {
			t.Errorf("ParseDuration(%q) = %s, want an error", in, got)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", time.Minute: "1m", 90 * time.Minute: "1h30m", 24 * time.Hour: "24h", 48 * time.Hour: "2d", 90 * time.Second: "1m30s"} {
		if got := FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%d) = %s, want %s", d, got, want)
		}
	}
}

func TestSecrets(t *testing.T) {
	for name, want := range map[string]bool{
		"token": true, "api_key": true, "apiKey": true, "clientSecret": true, "x-access-token": true, "headers.Authorization": true, "Password": true, "private_key": true, "TOKEN": true,
		"key_id": false, "token_url": false, "public_key": false, "publicKey": false, "monkey": false, "keyboard": false, "url": false, "": false,
	} {
		if got := secretKey(name); got != want {
			t.Errorf("secretKey(%q) = %v", name, got)
		}
	}
	env := func(name string) (string, bool) {
		return map[string]string{"A": " s3 \n"}[name], name == "A" || name == "EMPTY"
	}
	read := func(path string) ([]byte, error) {
		if path == "/run/a" {
			return []byte("f1le\n"), nil
		}
		return nil, os.ErrNotExist
	}
	for in, want := range map[string]string{"${A}": "s3", "file:/run/a": "f1le"} {
		ref, ok := ParseRef(in)
		got, err := ref.Resolve(env, read)
		if !ok || err != nil || got != want || ref.String() != in {
			t.Errorf("%s is %q, %v (%s)", in, got, err, ref)
		}
	}
	for in, want := range map[string]string{"${B}": "the environment variable B is not set", "${EMPTY}": "the environment variable EMPTY is not set", "file:/x": "the secret's file cannot be read: file does not exist"} {
		ref, _ := ParseRef(in)
		if _, err := ref.Resolve(env, read); err == nil || err.Error() != want {
			t.Errorf("%s: %v", in, err)
		}
	}
	for _, in := range []string{"", "A", "$A", "${}", "${A B}", "${A}x", "file:", "files:/x", "${1}"} {
		if IsRef(in) {
			t.Errorf("%q was taken for a reference", in)
		}
	}
}

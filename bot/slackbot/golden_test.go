package slackbot

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/sharedtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares v, as JSON, with a file that people have read.
func golden(t *testing.T, name string, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, raw, "", " "); err != nil {
		t.Fatal(err)
	}
	pretty.WriteByte('\n')
	path := filepath.Join("testdata", "golden", name+".json")
	if *update {
		if err := os.WriteFile(path, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return raw
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run go test -update and read what it wrote)", err)
	}
	if d := cmp.Diff(string(want), pretty.String()); d != "" {
		t.Errorf("%s differs (-golden +now):\n%s", name, d)
	}
	return raw
}

// sent is what goes to Slack for a message.
type sent struct {
	Text   string        `json:"text"`
	Blocks []slack.Block `json:"blocks"`
}

// judgeMessage puts a message before Slack's schema and limits, and before our
// own check, which runs in production.
func judgeMessage(t *testing.T, m message) {
	t.Helper()
	if err := slacktest.JudgeBlocks(asMaps(t, m.blocks)); err != nil {
		t.Errorf("Slack would refuse it: %v", err)
	}
	if n := runeLen(m.text); n > 4000 || n == 0 {
		t.Errorf("the fallback text has %d characters", n)
	}
	if err := checkMessage(m); err != nil {
		t.Errorf("our own check: %v", err)
	}
}

func asMaps(t *testing.T, blocks []slack.Block) []map[string]any {
	t.Helper()
	raw, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// issueText is the review that must ping nobody, link nowhere and break
// nothing.
const issueText = "<!channel> <@U123> <http://evil|click> *bold* \u202Egnp.exe\u202C a\u200Bb\u2060c\uFEFFd"

func cardsToDraw() []bottest.Fixture {
	out := bottest.Fixtures()
	out = append(out, bottest.Fixture{Name: "hostile", Card: bottest.HostileCard(issueText)})
	return append(out, bottest.Fixture{Name: "many_plain_buttons", Card: plainButtons(20)},
		bottest.Fixture{Name: "no_web_link", Card: bot.Card{Case: 7, Title: "A link", Summary: "A link", Links: []bot.Link{{Label: "Trap", URL: "javascript:alert(1)"}}}})
}

func plainButtons(n int) bot.Card {
	c := bot.Card{Case: 7, Title: "Menus", Summary: "Menus"}
	for i := range n {
		c.Buttons = append(c.Buttons, bot.Button{Label: "Do " + string(rune('A'+i)), Token: bottest.Token("do", 7, string(rune('a'+i))), Form: i%3 == 0})
	}
	return c
}

func TestGoldenCards(t *testing.T) {
	for _, f := range cardsToDraw() {
		t.Run(f.Name, func(t *testing.T) {
			m := drawn(f.Card)
			golden(t, "card_"+f.Name, sent{m.text, m.blocks})
			judgeMessage(t, m)
		})
	}
}

// The shared hostile texts are judged too; what they look like is looked at in
// the suite.
func TestHostileCardsAreTaken(t *testing.T) {
	for _, h := range bottest.Hostile() {
		t.Run(h.Name, func(t *testing.T) { judgeMessage(t, drawn(bottest.HostileCard(h.Text))) })
	}
}

func TestGoldenAnswers(t *testing.T) {
	cards := []bot.Keyed{{Key: "parent", Card: bottest.StoryCard(7)}, {Key: "draft-1", Card: bottest.StoryCard(7)}, {Key: "draft-2", Card: bottest.StoryCard(7)}}
	items := []commands.Item{{Case: 11, Title: "★☆☆☆☆ " + issueText, Note: "overdue"}, {Case: 12, Title: "#12 ★★☆☆☆ Kettle", Note: "open"}, {Title: "a source", Note: "well"}}
	for name, m := range map[string]message{
		"nothing": drawn(answerCard(commands.Outcome{}, nil)),
		"words":   drawn(answerCard(commands.Outcome{Text: "Two lines.\nHere."}, nil)),
		"list":    drawn(answerCard(commands.Outcome{Text: "Waiting:", Items: items}, nil)),
		"stale":   drawn(answerCard(commands.Outcome{Text: "This has moved on.", Refused: true, Show: 7}, cards)),
		"page":    drawn(answerCard(commands.Outcome{Text: "Post it there.", Link: "https://shop.example.com/r?x=1&y=2"}, nil)),
		"plain":   wordsOf(bottest.HostileCard(issueText)),
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, "answer_"+name, sent{m.text, m.blocks})
			judgeMessage(t, m)
		})
	}
}

// everyForm is a form with every kind of field.
func everyForm() *commands.Form {
	return &commands.Form{
		Title: "Edit the reply", Submit: "Save", Intro: "What you save is checked again.", Token: bottest.Token("edit", 7, "base"),
		Fields: []commands.Field{
			{Name: "text", Label: "The reply", Kind: commands.Text, Value: bottest.Words("reply", bottest.LongDraft), Hint: "Readers will see this"},
			{Name: "line", Label: "A line", Kind: commands.Line, Value: "one", Max: 20},
			{Name: "number", Label: "A number", Kind: commands.Number, Value: "42", Optional: true},
			{Name: "due", Label: "A day", Kind: commands.Date, Value: "2026-11-30"},
			{Name: "choice", Label: "A choice", Kind: commands.Choice, Value: "", Options: []commands.Option{{Value: "", Label: "Nobody"}, {Value: "b", Label: "Second"}}},
		},
	}
}

func TestGoldenViews(t *testing.T) {
	to := address{Channel: "C0REVIEWS", Thread: "1.2", URL: "https://hooks.slack.com/actions/T/1/x"}
	views := map[string]slack.ModalViewRequest{
		"form":           modal(everyForm(), to),
		"form_bare":      modal(&commands.Form{Title: "Sure?", Token: bottest.Token("resume", 0, "")}, address{}),
		"form_huge":      modal(&commands.Form{Title: strings.Repeat("T", 40), Submit: strings.Repeat("S", 40), Intro: bottest.Words("intro", 4000), Token: bottest.Token("edit", 7, ""), Fields: []commands.Field{{Name: "text", Label: strings.Repeat("L", 50), Kind: commands.Text, Value: bottest.Words("huge", maxPieces*maxInput)}}}, to),
		"form_short":     modal(&commands.Form{Title: "Why", Submit: "Send", Token: bottest.Token("hold", 7, ""), Fields: []commands.Field{{Name: "for", Label: "For", Kind: commands.Line, Max: 300, Hint: issueText}}}, to),
		"opening":        opening(),
		"too_long":       tooLong(7, 41_200, Page{Enter: "https://desk.example.test/enter?invite=secret", Case: "https://desk.example.test/case/7"}),
		"too_long_alone": tooLong(7, 33_001, Page{}),
		"note":           note("Please note", issueText),
	}
	for name, v := range views {
		t.Run(name, func(t *testing.T) {
			raw := golden(t, "view_"+name, v)
			judgeView(t, raw)
			if err := checkModal(v); err != nil {
				t.Errorf("our own check: %v", err)
			}
		})
	}
}

func judgeView(t *testing.T, raw []byte) {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if err := slacktest.JudgeView(v); err != nil {
		t.Errorf("Slack would refuse it: %v", err)
	}
}

func TestGoldenHome(t *testing.T) {
	many := commands.Outcome{Text: "Waiting for people:"}
	for n := range 30 {
		many.Items = append(many.Items, commands.Item{Case: int64(n + 1), Title: issueText, Note: "since Monday"})
	}
	full := []homeList{{"Your cases", "inbox mine", many}, {"Waiting for people", "inbox", many}, {"Overdue", "overdue", many}, {"Open promises", "promises", many}}
	for name, v := range map[string]slack.HomeTabViewRequest{
		"full":  home("Ana <@U1>", full, "/review"),
		"empty": home("Bo", []homeList{{"Your cases", "inbox mine", commands.Outcome{Text: "Nothing waits for you. Enjoy the calm."}}}, "/review"),
	} {
		t.Run(name, func(t *testing.T) {
			judgeView(t, golden(t, "home_"+name, v))
			if err := checkHome(v); err != nil {
				t.Errorf("our own check: %v", err)
			}
		})
	}
}

func TestGoldenManifest(t *testing.T) {
	for name, o := range map[string]ManifestOptions{
		"socket": {}, "http": {Name: "Acme reviews", Command: "/reviews", HTTPURL: "https://evenkeel.example.com/"},
	} {
		t.Run(name, func(t *testing.T) {
			raw, link, err := Manifest(o)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "manifest_"+name, json.RawMessage(raw))
			if !strings.HasPrefix(link, "https://api.slack.com/apps?new_app=1&manifest_json=%7B") {
				t.Errorf("the link is %s", link)
			}
			var strict slack.Manifest
			d := json.NewDecoder(bytes.NewReader(raw))
			d.DisallowUnknownFields()
			if err := d.Decode(&strict); err != nil {
				t.Errorf("the manifest does not decode strictly: %v", err)
			}
			judgeManifest(t, raw)
		})
	}
}

func TestManifestRefuses(t *testing.T) {
	for name, o := range map[string]ManifestOptions{
		"a long name":      {Name: strings.Repeat("n", maxAppName+1)},
		"no command":       {Command: "review"},
		"an upper command": {Command: "/Review"},
		"a long command":   {Command: "/" + strings.Repeat("c", 32)},
		"plain http":       {HTTPURL: "http://evenkeel.example.com"},
		"no host":          {HTTPURL: "https://"},
	} {
		if _, _, err := Manifest(o); err == nil {
			t.Errorf("a manifest with %s is made", name)
		}
	}
	raw, _, err := Manifest(ManifestOptions{Name: strings.Repeat("n", maxAppName), Command: "/" + strings.Repeat("c", 31)})
	if err != nil {
		t.Fatal(err)
	}
	judgeManifest(t, raw)
}

func judgeManifest(t *testing.T, manifest []byte) {
	t.Helper()
	for _, version := range []string{"1.0.0", "2.0.0"} {
		t.Run("schema "+version, func(t *testing.T) {
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(sharedtest.Read(t, "schemas", "slack-manifest.schema."+version+".json")))
			if err != nil {
				t.Fatal(err)
			}
			c := jsonschema.NewCompiler()
			c.UseRegexpEngine(lookAhead)
			if err := c.AddResource("manifest.json", doc); err != nil {
				t.Fatal(err)
			}
			schema, err := c.Compile("manifest.json")
			if err != nil {
				t.Fatal(err)
			}
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(manifest))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(v); err != nil {
				t.Errorf("Slack would refuse the manifest: %v", err)
			}
		})
	}
}

func TestLimitsAreTheSharedOnes(t *testing.T) {
	if want := sharedtest.Read(t, "schemas", "slack-block-limits.json"); !bytes.Equal(bytes.TrimSpace(want), bytes.TrimSpace(slacktest.Limits())) {
		t.Error("the fake's table of limits is not the shared one")
	}
}

// The manifest asks for the scopes that doctor looks for, and for no others.
func TestManifestScopes(t *testing.T) {
	raw, _, err := Manifest(ManifestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var m slack.Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range Scopes {
		want = append(want, s.Name)
		if s.For == "" {
			t.Errorf("nothing needs %s", s.Name)
		}
	}
	if d := cmp.Diff(want, m.OAuthConfig.Scopes.Bot); d != "" || len(m.OAuthConfig.Scopes.User) != 0 {
		t.Errorf("scopes differ: %s %v", d, m.OAuthConfig.Scopes.User)
	}
}

// lookAhead compiles patterns with Go's own engine; the two that it lacks are
// for domains that our manifest has none of, and match nothing.
func lookAhead(pattern string) (jsonschema.Regexp, error) {
	if strings.Contains(pattern, "(?!") {
		return never(pattern), nil
	}
	return regexp.Compile(pattern)
}

type never string

func (never) MatchString(string) bool { return false }
func (n never) String() string        { return string(n) }

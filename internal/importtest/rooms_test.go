package importtest

// A room is a package, or all packages below one, and what it may import of
// this module. Patterns end in "/*" for everything below; "review/*" does not
// include review itself.
type room struct {
	name string
	may  []string
	why  string
}

// rooms is the map of the program, from the inside out. The first row that
// matches a package counts.
var rooms = []room{
	{"internal/crash", nil, "named places where tests kill the process"},
	{"internal/wallclock", nil, "the process's clock, which tests can set wrong"},
	{"internal/secret", nil, "a value that never prints"},
	{"internal/metrics", nil, "counts, in Prometheus' text"},
	{"internal/recent", nil, "what came lately, in bounded memory"},
	{"internal/trace", []string{"internal/secret"}, "spans, to an OpenTelemetry collector"},
	{"internal/importtest", nil, "these rules"},
	{"internal/peers", nil, "programs of others beside a test; only tests import it"},
	{"internal/sharedtest", nil, "what tests are judged by and cannot come with the repository"},
	{"internal/torture", []string{"*"}, "kills the real program over and over; has only tests"},
	{"internal/torture/checker", nil, "judges what is left; shares no code with what it judges"},

	{"review", nil, "the domain: types, the table of moves, Apply"},
	{"review/*", []string{"review", "review/*"}, "pure: checks, rules, the hash chain, business hours"},

	{"prompts", []string{"review"}, "templates, embedded, versioned by hash"},
	{"llm", []string{"prompts", "review", "review/*", "internal/secret", "internal/sharedtest"}, "triage, draft, judge, translate; the offline drafter"},
	{"llm/*", []string{"llm", "prompts", "review", "review/*", "internal/sharedtest"}, "eval: measures drafters over a set of reviews; fakes of a model for the tests"},

	{"sources", []string{"review", "review/*"}, "what a review platform looks like"},
	{"sources/oauth", []string{"sources", "sources/*", "internal/secret"}, "access tokens for the connectors"},
	{"sources/*", []string{"sources", "sources/*", "review", "review/*", "internal/sharedtest"}, "one package a platform"},

	{"storage", []string{"review", "review/*"}, "what is kept and how it is written"},
	{"storage/*", []string{"storage", "storage/*", "review", "review/*", "internal/crash", "internal/recent"}, "one package a database"},

	{"commands", []string{"review", "review/*"}, "what people can ask for, as a table"},
	{"handover", []string{"storage", "review", "review/*", "internal/secret"}, "the audit log as signed webhooks to other programs"},

	{"bot", []string{"commands", "sources", "storage", "llm", "review", "review/*", "internal/crash", "internal/recent", "internal/sharedtest", "bot/digest", "bot/digest/chart"}, "the desk"},
	{"bot/digest", []string{"review", "review/*"}, "what a digest says; pure"},
	{"bot/digest/chart", []string{"review", "review/*"}, "pictures of numbers; pure"},
	{"bot/bottest", []string{"bot", "commands", "llm", "storage", "storage/*", "review", "review/*"}, "the suite of all chats, some of it with a real desk; only tests import it"},
	{"bot/*", []string{"bot", "bot/*", "commands", "storage", "review", "review/*", "internal/crash", "internal/recent", "internal/secret", "internal/peers", "internal/sharedtest"}, "one package a chat"},

	{"cmd/evenkeel", []string{"*"}, "wiring: it knows everybody, nobody knows it"},
	{"cmd/evenkeel/internal/settings", []string{"internal/secret"}, "where settings come from"},
	{"cmd/evenkeel/internal/*", []string{"*"}, "parts of the wiring"},
}

// A library is a module from elsewhere with the packages that may use it. Each
// vendor library has one home, so that it can be replaced there.
type library struct {
	module string
	homes  []string
	why    string
}

var libraries = []library{
	// One home each.
	{"github.com/slack-go/slack", []string{"bot/slackbot"}, "Slack's API"},
	{"github.com/bwmarrin/discordgo", []string{"bot/discordbot"}, "Discord's API"},
	{"github.com/sashabaranov/go-openai", []string{"llm"}, "model endpoints"},
	{"github.com/jackc/pgx/v5", []string{"storage/postgres"}, "PostgreSQL"},
	{"modernc.org/sqlite", []string{"storage/sqlite"}, "SQLite without cgo"},
	{"github.com/gofrs/flock", []string{"storage/sqlite"}, "one process for one database file"},
	{"github.com/standard-webhooks/standard-webhooks/libraries", []string{"sources/webhook", "handover"}, "webhook signatures, of what comes and what goes"},
	{"golang.org/x/oauth2", []string{"sources/oauth"}, "asks authorization servers for tokens"},
	{"github.com/sergi/go-diff", []string{"bot", "bot/webconsole"}, "word diffs on cards and pages"},
	{"github.com/gorilla/websocket", []string{"bot/slackbot", "bot/discordbot"}, "Slack's Socket Mode and Discord's gateway; the library that slack-go and discordgo themselves use"},
	{"github.com/spf13/cobra", []string{"cmd/evenkeel"}, "the command line"},
	{"github.com/schollz/progressbar/v3", []string{"cmd/evenkeel"}, "progress on a terminal"},
	{"golang.org/x/term", []string{"cmd/evenkeel"}, "is this a terminal?"},

	{"golang.org/x/image", []string{"bot/digest/chart"}, "draws lines and letters into a PNG"},
	{"golang.org/x/net", []string{"sources/woocommerce"}, "HTML as the text that readers see"},

	// More than one home, each with its reason.
	{"github.com/hashicorp/go-retryablehttp", []string{"llm", "sources/*"}, "retries of reads; publishing never goes through it"},
	{"github.com/hashicorp/go-cleanhttp", []string{"llm", "sources/*"}, "pooled connections, as retryablehttp has them"},
	{"github.com/pressly/goose/v3", []string{"storage/sqlite", "storage/postgres"}, "numbered migrations"},
	{"github.com/goccy/go-yaml", []string{"review/playbook", "review/rubric", "llm", "sources/manual", "sources/simulator", "cmd/evenkeel/internal/settings"}, "YAML with line numbers in its errors; word lists"},
	{"github.com/abadojack/whatlanggo", []string{"review/rubric", "llm"}, "guesses a language without a model"},
	{"github.com/santhosh-tekuri/jsonschema/v6", []string{"llm"}, "judges what a model answers"},
	{"github.com/golang-jwt/jwt/v5", []string{"sources/oauth", "sources/appstore"}, "signs requests for tokens, and tokens for App Store Connect"},
	{"golang.org/x/sync", []string{"bot", "bot/*", "storage/*", "sources/*", "llm", "cmd/evenkeel"}, "error groups"},
	{"golang.org/x/text", []string{"review/*", "llm", "prompts", "sources/*", "bot", "bot/*", "cmd/evenkeel"}, "Unicode forms, language tags, character sets"},
	{"golang.org/x/time", []string{"bot", "bot/*", "llm", "sources/*"}, "rate limits"},
}

// testLibraries may be imported by test files and by packages that only tests
// use, and by nothing else.
var testLibraries = []string{
	"github.com/chromedp/chromedp",
	"github.com/chromedp/cdproto",
	"github.com/getkin/kin-openapi", // judges requests and answers by platforms' OpenAPI documents
	"github.com/google/go-cmp",
	"github.com/rogpeppe/go-internal",
	"github.com/prometheus/client_golang", // with these three the originals judge our metrics and traces
	"github.com/prometheus/client_model",
	"github.com/prometheus/common",
	"go.opentelemetry.io/collector/pdata",
	"pgregory.net/rapid",
}

// neverLinked must not reach the program, however indirectly.
var neverLinked = []string{
	"testing",
	"net/http/httptest",
	"github.com/chromedp/chromedp",
	"pgregory.net/rapid",
}

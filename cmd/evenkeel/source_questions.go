package main

import (
	"fmt"
	"strings"
)

// question is one thing that a source wants to know when it is added.
type question struct {
	setting  string // of the source; see top for those that stand beside `settings`
	ask      string // the words on a terminal
	example  string
	secret   bool // the answer says where the secret is kept, never what it is
	optional bool
	list     bool // several, with commas between
}

// top are the answers that stand in the source itself, not under its settings.
var top = map[string]bool{"account": true, "platform": true, "location": true}

// asked is what evenkeel source add asks for each kind, with a line for people.
type asked struct {
	what      string
	page      string // below docs/platforms, "" for none
	questions []question
}

func secretAt(setting, ask string) question {
	return question{setting: setting, ask: ask, secret: true}
}

func plainAt(setting, ask, example string) question {
	return question{setting: setting, ask: ask, example: example}
}

func maybe(q question) question { q.optional = true; return q }

func severalAt(setting, ask, example string) question {
	return question{setting: setting, ask: ask, example: example, list: true}
}

// interview lists every kind that can be added.
func interview() map[string]asked {
	oauthClient := []question{
		plainAt("client_id", "Client id of the OAuth client", "123456-example.apps.googleusercontent.com"),
		secretAt("client_secret", "Client secret"),
	}
	open := maybe(plainAt("open", "Link that is offered with an approved text", "https://example.com/reviews"))
	return map[string]asked{
		"webhook":   {"your own system sends reviews, signed", "", []question{secretAt("secret", "Secret that signs what is sent")}},
		"manual":    {"people paste reviews, and post replies by hand, on any site", "copy-and-open.md", []question{plainAt("platform", "Site", "amazon, tripadvisor, yelp, other"), open}},
		"file":      {"reviews come with evenkeel import", "", []question{maybe(plainAt("platform", "Site they are from", "tripadvisor"))}},
		"simulator": {"a simulated platform, to try things out", "", []question{plainAt("url", "Address of the simulator", "http://127.0.0.1:8099"), maybe(secretAt("token", "Its token"))}},
		"google": {"Google Business Profile: Maps and Search", "google.md", append([]question{
			plainAt("account", "Number of the account", "104567890123456789012"),
			severalAt("locations", "Numbers of the places, each with a name behind it", "4567890123 Harbour Street, 7890123456 Old Town"),
		}, oauthClient...)},
		"google-play": {"an app on Google Play", "google-play.md", []question{
			plainAt("package", "Package of the app", "com.example.app"), maybe(plainAt("title", "Its title", "Example")), secretAt("key", "JSON key file of the service account")}},
		"app-store": {"an app on the App Store", "app-store.md", []question{
			plainAt("app", "Number of the app", "1234567890"), maybe(plainAt("title", "Its title", "Example")),
			plainAt("issuer", "Issuer id", "57246542-96fe-1a63-e053-0824d011072a"), plainAt("key_id", "Key id", "2X9R4HXF34"), secretAt("key", "Private key (.p8)")}},
		"woocommerce": {"a WooCommerce shop", "woocommerce.md", shopQuestions()},
		"wordpress":   {"a WordPress site whose comments are the reviews", "woocommerce.md", shopQuestions()},
		"medusa": {"a Medusa shop with product-reviews", "medusa.md", []question{
			plainAt("url", "Address of the shop's server", "https://shop.example.com"), secretAt("key", "Secret API key"), maybe(plainAt("store", "Address of the storefront", "https://example.com"))}},
		"trustpilot": {"service reviews on Trustpilot", "trustpilot.md", []question{
			plainAt("business_unit", "Id of the business unit", "46d6a890000064000500e0c3"), maybe(plainAt("author", "Id of the business user in whose name replies stand", "507f191e810c19729de860ea")),
			plainAt("client_id", "API key", "your-api-key"), secretAt("client_secret", "API secret"), maybe(secretAt("hook_secret", "Secret part of the address for notices"))}},
		"ebay": {"feedback on eBay", "ebay.md", []question{
			plainAt("user", "Name of the seller", "example-seller"), plainAt("client_id", "App id", "Example-App-PRD-1"), secretAt("client_secret", "Cert id"), secretAt("refresh_token", "Refresh token of the seller's consent")}},
		"trusted-shops": {"service reviews of Trusted Shops", "trusted-shops.md", []question{
			plainAt("client_id", "Client id", "example"), secretAt("client_secret", "Client secret"), maybe(severalAt("channels", "Ids of the channels; all when left empty", "chl-1, chl-2")), maybe(plainAt("reporter", "E-mail address that reports are sent in the name of", "care@example.com"))}},
		"judge-me": {"product reviews on Judge.me", "judge-me.md", []question{plainAt("shop", "Domain of the shop", "example.myshopify.com"), secretAt("token", "Private API token")}},
		"etsy":     {"reviews on Etsy: read here, answered there", "etsy.md", []question{plainAt("shop", "Number of the shop", "12345678"), secretAt("key", "API key"), open}},
		"ecwid":    {"product reviews on Ecwid: read here, answered there", "ecwid.md", []question{plainAt("store", "Number of the store", "1003"), secretAt("token", "Secret token"), open}},
		"yelp":     {"excerpts from Yelp: read here, answered there", "yelp.md", []question{plainAt("business", "Id or alias of the business", "example-cafe-berlin"), secretAt("key", "API key"), open}},
		"facebook": {"recommendations on Facebook: experimental", "facebook.md", []question{plainAt("page", "Number of the page", "1234567890"), secretAt("token", "Page access token"), open}},
	}
}

func shopQuestions() []question {
	return []question{
		plainAt("url", "Address of the shop", "https://shop.example.com"),
		plainAt("user", "User who answers", "care"),
		secretAt("password", "Application password of that user"),
	}
}

// variable is the environment variable that is proposed for a secret.
func variable(source, setting string) string {
	clean := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}
	return "EVENKEEL_" + strings.Map(clean, source) + "_" + strings.Map(clean, setting)
}

// words are the line with which a person is asked.
func (q question) words(source string) string {
	switch {
	case q.secret && q.optional:
		return fmt.Sprintf("%s: where is it kept? A variable's NAME or file:PATH; empty for none", q.ask)
	case q.secret:
		return fmt.Sprintf("%s: where is it kept? A variable's NAME or file:PATH [%s]", q.ask, variable(source, q.setting))
	case q.optional:
		return fmt.Sprintf("%s, such as %s; may be left empty", q.ask, q.example)
	case q.list:
		return fmt.Sprintf("%s, with commas between, such as %s", q.ask, q.example)
	}
	return fmt.Sprintf("%s, such as %s", q.ask, q.example)
}

package shoptest

import (
	"net/http"
	"testing"

	"github.com/evenkeel/evenkeel/internal/peers"
	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
)

// Medusa is a real Medusa shop with the product-reviews plugin.
type Medusa struct {
	URL string
	Key string // secret API key

	t           testing.TB
	publishable string
	order, line string // what the customer bought
}

// StartMedusa installs the packages of testdata/medusa, sets up a shop with a
// product and an order on a PostgreSQL of its own, and serves it on loopback.
func StartMedusa(t *testing.T) *Medusa {
	t.Helper()
	dir := npm(t, "testdata/medusa")
	dbPort := peers.Port(t)
	t.Setenv("PGPORT", dbPort) // pgtest's own connections
	db := pgtest.StartServer(t, "listen_addresses = '127.0.0.1'", "port = "+dbPort)
	db.Exec(t, "CREATE DATABASE medusa")
	env := []string{
		"DATABASE_URL=postgres://evenkeel@127.0.0.1:" + dbPort + "/medusa",
		"JWT_SECRET=of-this-test", "COOKIE_SECRET=of-this-test", "NODE_ENV=production", "MEDUSA_DISABLE_TELEMETRY=1", "LOG_LEVEL=warn",
	}
	const email, password = "admin@example.test", "a password of this test"
	run(t, dir, env, "node_modules/.bin/medusa", "db:migrate")
	run(t, dir, env, "node_modules/.bin/medusa", "user", "-e", email, "-p", password)
	port := peers.Port(t)
	p := peers.Start(t, peers.Program{Dir: dir, Args: []string{"node_modules/.bin/medusa", "start", "-H", "127.0.0.1", "-p", port}, Env: env})
	m := &Medusa{t: t, URL: "http://127.0.0.1:" + port}
	p.Answers(m.URL + "/health")
	m.furnish(email, password)
	return m
}

// furnish makes the keys, a product and an order, through the admin interface.
func (m *Medusa) furnish(email, password string) {
	m.t.Helper()
	var login struct{ Token string }
	call(m.t, http.MethodPost, m.URL+"/auth/user/emailpass", nil, map[string]string{"email": email, "password": password}, &login)
	bearer := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+login.Token) }
	admin := func(path string, body, into any) {
		m.t.Helper()
		call(m.t, http.MethodPost, m.URL+"/admin/"+path, bearer, body, into)
	}
	var key struct {
		APIKey struct{ Token string } `json:"api_key"`
	}
	admin("api-keys", map[string]string{"title": "evenkeel", "type": "secret"}, &key)
	m.Key = key.APIKey.Token
	var keys struct {
		APIKeys []struct{ Token string } `json:"api_keys"`
	}
	call(m.t, http.MethodGet, m.URL+"/admin/api-keys?type=publishable", bearer, nil, &keys)
	if len(keys.APIKeys) == 0 {
		m.t.Fatal("the shop has no publishable key")
	}
	m.publishable = keys.APIKeys[0].Token

	type thing struct{ ID string }
	var region struct{ Region thing }
	admin("regions", map[string]any{"name": "Europe", "currency_code": "eur", "countries": []string{"de"}}, &region)
	var product struct {
		Product struct{ Variants []thing }
	}
	admin("products", map[string]any{
		"title": "Jug", "handle": "jug", "status": "published",
		"options":  []any{map[string]any{"title": "Colour", "values": []string{"blue"}}},
		"variants": []any{map[string]any{"title": "blue", "options": map[string]string{"Colour": "blue"}, "manage_inventory": false, "prices": []any{map[string]any{"currency_code": "eur", "amount": 10}}}},
	}, &product)
	var order struct {
		DraftOrder struct {
			ID    string
			Items []thing
		} `json:"draft_order"`
	}
	admin("draft-orders", map[string]any{
		"email": "jane@example.test", "region_id": region.Region.ID, "shipping_methods": []any{},
		"items": []any{map[string]any{"variant_id": product.Product.Variants[0].ID, "quantity": 1}},
	}, &order)
	m.order, m.line = order.DraftOrder.ID, order.DraftOrder.Items[0].ID
}

func (m *Medusa) customer(r *http.Request) { r.Header.Set("X-Publishable-Api-Key", m.publishable) }

// Review is a customer reviewing what they bought, in the storefront. It gives
// the review's id.
func (m *Medusa) Review(rating int, content string) string {
	m.t.Helper()
	var out struct {
		Reviews []struct{ ID string } `json:"product_reviews"`
	}
	call(m.t, http.MethodPost, m.URL+"/store/product-reviews", m.customer, map[string]any{"reviews": []any{map[string]any{
		"order_id": m.order, "order_line_item_id": m.line, "rating": rating, "content": content, "images": []any{},
	}}}, &out)
	return out.Reviews[0].ID
}

// Shown is the reply below a review as the next customer sees it, "" for none.
func (m *Medusa) Shown(id string) string {
	m.t.Helper()
	var out struct {
		Reviews []struct {
			Response *struct{ Content string }
		} `json:"product_reviews"`
	}
	call(m.t, http.MethodGet, m.URL+"/store/product-reviews?id="+id, m.customer, nil, &out)
	if len(out.Reviews) != 1 {
		m.t.Fatalf("the storefront shows %d reviews of this id", len(out.Reviews))
	}
	if r := out.Reviews[0].Response; r != nil {
		return r.Content
	}
	return ""
}

// Moderate is somebody changing a review's status in the admin.
func (m *Medusa) Moderate(id, status string) {
	m.t.Helper()
	call(m.t, http.MethodPut, m.URL+"/admin/product-reviews/"+id+"/status", m.secret, map[string]string{"status": status}, nil)
}

// DeleteResponse asks the plugin to take the reply of a review down.
func (m *Medusa) DeleteResponse(id string) {
	m.t.Helper()
	call(m.t, http.MethodDelete, m.URL+"/admin/product-reviews/"+id+"/response", m.secret, nil, nil)
}

func (m *Medusa) secret(r *http.Request) { r.SetBasicAuth(m.Key, "") }

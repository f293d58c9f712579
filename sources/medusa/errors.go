package medusa

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/sources"
)

func basicAuth(key string) string { return base64.StdEncoding.EncodeToString([]byte(key + ":")) }

// explain knows Medusa's types of errors:
// https://docs.medusajs.com/learn/fundamentals/api-routes/errors.
func explain(status int, body []byte) (reason string, kind error) {
	var v struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &v) != nil || v.Type == "" {
		v.Type = ""
	}
	switch {
	case v.Type == "invalid_data" && strings.Contains(v.Message, "already exists"):
		return v.Message, sources.ErrAlready
	case v.Type == "not_found":
		return v.Message, sources.ErrNotFound
	case v.Type == "conflict" || status == http.StatusConflict:
		// Two transactions met, and this one was undone.
		return v.Message, sources.ErrTransient
	case status == http.StatusUnauthorized:
		return "the secret API key is not accepted; was it revoked?", sources.ErrAuth
	case status == http.StatusNotFound:
		// Nothing follows from this about a review.
		return "no product-reviews plugin answers at this address; check the address and that the plugin is installed", sources.ErrRejected
	case status == http.StatusForbidden:
		return "something in front of the shop turned the call away, a firewall perhaps", sources.ErrRejected
	}
	return v.Message, nil
}

package settings

import "net/url"

// hidden is what stands wherever a secret would.
const hidden = "(hidden)"

// Redact is an address with its password hidden. What cannot be read as an
// address is hidden whole, because nobody can tell where its password stands.
func Redact(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return hidden
	}
	if u.Opaque == "" && u.Host == "" && u.Path != "" && u.Scheme == "" {
		return address // a plain path
	}
	q := u.Query()
	for _, name := range []string{"password", "sslpassword"} { // libpq takes them as parameters too
		if q.Has(name) {
			q.Set(name, "xxxxx")
			u.RawQuery = q.Encode()
		}
	}
	return u.Redacted()
}

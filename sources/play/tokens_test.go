package play_test

import "net/http"

// noTokens are credentials for nobody.
type noTokens struct{}

func (noTokens) Authorize(*http.Request) error { return nil }
func (noTokens) Forget()                       {}
func (noTokens) Hide(s string) string          { return s }

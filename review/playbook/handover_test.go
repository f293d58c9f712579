package playbook

import (
	"errors"
	"strings"
	"testing"
)

func TestHandover(t *testing.T) {
	book, err := Parse("p.yaml", []byte("handover:\n  crm:\n    url: https://crm.example.test/in\n    secret: ${CRM_SECRET}\n    verbs: [publish, approve]\n    words: true\n  bi:\n    url: https://bi.example.test\n    secret: file:bi.key\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := book.Handover()
	if len(got) != 2 || got[1].Name != "crm" || got[1].Secret.Env != "CRM_SECRET" || !got[1].Words || strings.Join(got[1].Verbs, " ") != "approve publish" || got[0].Secret.File != "bi.key" {
		t.Fatalf("%+v", got)
	}
	if book.Version() != Default().Version() {
		t.Error("who listens changes the version of the rules, and with it voids approvals")
	}
	if err := got[1].Problem("hm"); !strings.Contains(err.Error(), "p.yaml:2") {
		t.Errorf("a problem points at %v", err)
	}
	for text, want := range map[string]string{
		"handover:\n  crm: {url: 'https://x.test'}\n":                                                "needs a secret",
		"handover:\n  crm: {secret: '${A}'}\n":                                                       "needs a url",
		"handover:\n  crm: {url: 'x.test', secret: '${A}'}\n":                                        "no address",
		"handover:\n  crm: {url: 'https://a:b@x.test', secret: '${A}'}\n":                            "password",
		"handover:\n  crm: {url: 'https://x.test', secret: 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0'}\n":      "secret",
		"handover:\n  CRM!: {url: 'https://x.test', secret: '${A}'}\n":                               "no name",
		"handover:\n  crm: {url: 'https://x.test', secret: '${A}', verbs: ['Approve everything']}\n": "no verb",
		"handover:\n  crm: {url: 'https://x.test', secrt: '${A}'}\n":                                 "did you mean",
	} {
		_, err := Parse("p.yaml", []byte(text))
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %q", text, err, want)
		}
	}
}

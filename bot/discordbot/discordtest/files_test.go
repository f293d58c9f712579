package discordtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
)

// part is a part of a form.
type part struct{ disposition, content string }

func payload(v any) part {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return part{`form-data; name="payload_json"`, string(raw)}
}

func filed(n, name, content string) part {
	return part{fmt.Sprintf(`form-data; name="files[%s]"; filename="%s"`, n, name), content}
}

// send sends a form.
func (w *world) send(method, path string, parts ...part) reply {
	w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, p := range parts {
		in, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {p.disposition}})
		if err == nil {
			_, err = in.Write([]byte(p.content))
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.context(), method, w.API+"/v10"+path, &body)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bot "+BotToken)
	req.Header.Set("Content-Type", form.FormDataContentType())
	return w.sent(req)
}

func attachments(list ...object) object {
	return object{"content": "x", "attachments": list}
}

// TestFiles posts and edits messages with files, as the vendor's page on
// uploading files has them.
func TestFiles(t *testing.T) {
	w := open(t, Config{})
	const messages = inReviews + "/messages"
	got := w.send("POST", messages, payload(object{"content": "x", "embeds": []object{{"image": object{"url": "attachment://b.png"}}},
		"attachments": []object{{"id": "7", "filename": "b.png", "description": "a chart"}, {"id": "0"}}}), filed("0", "a.txt", "one"), filed("7", "raw.png", "two"), filed("8", "left.out", "three"))
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.raw)
	}
	id := fmt.Sprint(got.body["id"])
	files := w.message(Reviews, id).Files
	if len(files) != 2 || files[0].Name != "b.png" || files[0].Alt != "a chart" || string(files[0].Data) != "two" || files[1].Name != "a.txt" || files[0].ID == files[1].ID {
		t.Fatalf("the message has %+v", files)
	}
	if told, _ := got.body["attachments"].([]any); len(told) != 2 || !strings.Contains(fmt.Sprint(told[0]), "a chart") {
		t.Errorf("the answer tells of %v", got.body["attachments"])
	}
	// Without a list all files stay; with one exactly those.
	w.good("PATCH", messages+"/"+id, object{"content": "y"})
	if n := len(w.message(Reviews, id).Files); n != 2 {
		t.Errorf("%d files after an edit that does not mention them", n)
	}
	if got := w.send("PATCH", messages+"/"+id, payload(object{"embeds": []object{}, "attachments": []object{{"id": files[1].ID}, {"id": "3", "description": "new"}}}), filed("3", "c.png", "four")); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.raw)
	}
	if now := w.message(Reviews, id).Files; len(now) != 2 || now[0].Name != "a.txt" || now[1].Alt != "new" {
		t.Errorf("after an edit: %+v", now)
	}
	w.good("PATCH", messages+"/"+id, object{"attachments": []object{}})
	if n := len(w.message(Reviews, id).Files); n != 0 {
		t.Errorf("%d files after they were taken away", n)
	}
	// A file alone is a message, in a forum too.
	if got := w.send("POST", messages, filed("0", "a.txt", "one")); got.status != http.StatusOK {
		t.Errorf("a file alone: %d %s", got.status, got.raw)
	}
	post := payload(object{"name": "n", "message": attachments(object{"id": "0"})})
	if got := w.send("POST", "/channels/"+Forum+"/threads", post, filed("0", "a.png", "one")); got.status != http.StatusOK {
		t.Errorf("in a forum: %d %s", got.status, got.raw)
	}
	w.BotMay(usual &^ AttachFiles)
	for _, path := range []string{messages, "/channels/" + Forum + "/threads"} {
		if got := w.send("POST", path, post, filed("0", "a.png", "one")); got.status != http.StatusForbidden || got.code() != 50013 {
			t.Errorf("without ATTACH_FILES at %s: %d %s", path, got.status, got.raw)
		}
	}
}

// TestFormsThatAreNone tries what breaks the rules for forms.
func TestFormsThatAreNone(t *testing.T) {
	w := open(t, Config{})
	with := payload(attachments(object{"id": "0"}))
	picture := func(name string) part {
		return payload(object{"embeds": []object{{"image": object{"url": "attachment://" + name}}}})
	}
	many := []part{with}
	for n := range maxFiles + 1 {
		many = append(many, filed(fmt.Sprint(n), "a.png", "x"))
	}
	for name, c := range map[string]struct {
		code  int
		parts []part
	}{
		"no JSON":              {50109, []part{{`form-data; name="payload_json"`, "{"}, filed("0", "a.png", "x")}},
		"no brackets":          {50035, []part{with, {`form-data; name="files0"; filename="a.png"`, "x"}}},
		"a word for a number":  {50035, []part{with, filed("first", "a.png", "x")}},
		"no file name":         {50035, []part{with, {`form-data; name="files[0]"`, "x"}}},
		"a name twice":         {50035, []part{with, filed("0", "a.png", "x"), filed("0", "b.png", "x")}},
		"the body twice":       {50035, []part{with, with, filed("0", "a.png", "x")}},
		"no such file":         {50035, []part{with, filed("1", "a.png", "x")}},
		"a file named twice":   {50035, []part{payload(attachments(object{"id": "0"}, object{"id": "0"})), filed("0", "a.png", "x")}},
		"too many":             {50035, many},
		"too large":            {40005, []part{with, filed("0", "a.png", strings.Repeat("x", maxFile+1))}},
		"too long an alt text": {50035, []part{payload(attachments(object{"id": "0", "description": strings.Repeat("x", 1025)})), filed("0", "a.png", "x")}},
		"no such picture":      {50035, []part{picture("b.png"), filed("0", "a.png", "x")}},
		"no picture":           {50035, []part{picture("a.txt"), filed("0", "a.txt", "x")}},
		"nothing at all":       {50006, nil},
	} {
		if got := w.send("POST", inReviews+"/messages", c.parts...); got.err != nil || got.code() != c.code {
			t.Errorf("%s: %d %s %v, want the code %d", name, got.status, got.raw, got.err, c.code)
		}
	}
	w.refused(400, 50035, "POST", inReviews+"/messages", attachments(object{"id": "0"}))
	if n := len(w.Messages(Reviews)); n != 0 {
		t.Errorf("%d of them were posted", n)
	}
}

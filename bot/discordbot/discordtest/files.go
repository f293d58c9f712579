package discordtest

import (
	"errors"
	"io"
	"mime/multipart"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Bounds of a form: what one file may weigh on a server without boosts, and how
// many a message takes.
// https://docs.discord.com/developers/reference#uploading-files
const (
	maxFile  = 20 << 20
	maxFiles = 10
	maxForm  = maxFiles*maxFile + maxBody
)

// File is an attachment of a message.
type File struct {
	ID, Name string
	Alt      string // its description
	Data     []byte
}

// upload is a part files[n] of a form; n stands for the file in attachments.
type upload struct {
	n string
	File
}

// attachment is what a body says of a file: one that comes with it, or on an
// edit one that stays.
type attachment struct {
	ID   string  `json:"id"`
	Name *string `json:"filename"`
	Alt  *string `json:"description"`
}

var filePart = regexp.MustCompile(`^files\[(0|[1-9]\d{0,18})\]$`)

// parts reads a form: payload_json, and files[n] with a file's name. Discord
// would also take the body's fields as parts of their own, which nobody here
// sends.
func (c *call) parts(in *multipart.Reader) error {
	seen := map[string]bool{}
	for {
		part, err := in.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return form("the form cannot be read: %v", err)
		}
		raw, err := io.ReadAll(io.LimitReader(part, maxFile+1))
		if err != nil {
			return form("the form cannot be read: %v", err)
		}
		name := part.FormName()
		n := filePart.FindStringSubmatch(name)
		switch {
		case seen[name]:
			return form("%q: a part's name stands once", name)
		case len(raw) > maxFile:
			return errTooLarge
		case name == "payload_json":
			c.body = raw
		case n == nil:
			return form("%q: a form has payload_json and files[n]", name)
		case part.FileName() == "":
			return form("%s: Content-Disposition takes a filename", name)
		default:
			c.files = append(c.files, upload{n[1], File{Name: part.FileName(), Data: raw}})
		}
		seen[name] = true
	}
	if len(c.files) > maxFiles {
		return form("at most %d files", maxFiles)
	}
	if len(c.body) == 0 {
		c.body = []byte("{}")
	}
	return nil
}

// attach gives the files that a message has with this draft. Without a list
// of attachments all stay and all are added; with one it is exactly those that
// the list names.
func (m *Message) attach(d *draft, in []upload) ([]File, error) {
	if d.Attachments == nil {
		out := slices.Clone(m.Files)
		for _, u := range in {
			out = append(out, u.File)
		}
		return out, nil
	}
	var out []File
	for i, a := range *d.Attachments {
		id := a.ID
		f, err := m.named(id, in)
		if err != nil {
			return nil, form("attachments: %d: Attachment data not found", i)
		}
		if slices.ContainsFunc(out, func(have File) bool { return have.ID == f.ID }) {
			return nil, form("attachments: %d: %s stands twice", i, id)
		}
		if a.Name != nil {
			f.Name = *a.Name
		}
		if a.Alt != nil {
			f.Alt = *a.Alt
		}
		out = append(out, f)
	}
	return out, nil
}

var errNoFile = errors.New("no such file")

func (m *Message) named(id string, in []upload) (File, error) {
	for _, u := range in {
		if u.n == id {
			return u.File, nil
		}
	}
	for _, f := range m.Files {
		if f.ID == id {
			return f, nil
		}
	}
	return File{}, errNoFile
}

const attached = "attachment://"

// judgePictures refuses embeds that show a file which is not there, or no
// picture. Discord itself takes such a message and shows nothing in its place.
func judgePictures(embeds []map[string]any, files []File) error {
	for _, e := range embeds {
		for _, part := range []string{"image", "thumbnail"} {
			shown, _ := e[part].(map[string]any)
			url, _ := shown["url"].(string)
			name, own := strings.CutPrefix(url, attached)
			if !own {
				continue
			}
			if !slices.ContainsFunc(files, func(f File) bool { return f.Name == name }) {
				return form("embeds: %s: there is no file %q", part, name)
			}
			if !slices.Contains([]string{".jpg", ".jpeg", ".png", ".webp", ".gif"}, strings.ToLower(path.Ext(name))) {
				return form("embeds: %s: %q is no picture", part, name)
			}
		}
	}
	return nil
}

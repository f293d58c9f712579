package bot

import (
	"context"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/commands"
)

// InvitationsPath is the console's page on which the list of customers to ask
// for a review is made.
const InvitationsPath = "/invitations"

// InvitationPage is a link to that page. See [commands.Inviting].
func (d *Desk) InvitationPage(ctx context.Context, i commands.Invocation) (string, error) {
	switch {
	case d.ConsoleURL == "":
		return "", nil
	case i.Chat == "console":
		return strings.TrimSuffix(d.ConsoleURL, "/") + InvitationsPath, nil
	case d.SignIn == nil:
		return "", nil
	}
	link, err := d.SignIn(ctx, i.By)
	if err != nil {
		return "", err
	}
	return link + "&to=" + url.QueryEscape(InvitationsPath), nil
}

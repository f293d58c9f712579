package discordtest

import (
	"fmt"
	"net/http"
)

// apiError is an error as the API answers it: an HTTP status and one of
// Discord's codes.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
type apiError struct {
	status, code int
	message      string
	detail       string // what was wrong with the form
}

func (e *apiError) Error() string {
	return fmt.Sprintf("%d %d %s %s", e.status, e.code, e.message, e.detail)
}

func (e *apiError) body() map[string]any {
	b := map[string]any{"message": e.message, "code": e.code}
	if e.detail != "" {
		b["errors"] = map[string]any{"_errors": []any{map[string]any{"code": "BASE_TYPE_BAD", "message": e.detail}}}
	}
	return b
}

func no(status, code int, message string) *apiError {
	return &apiError{status: status, code: code, message: message}
}

// form is the refusal of a body.
func form(format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, code: 50035, message: "Invalid Form Body", detail: fmt.Sprintf(format, args...)}
}

// The errors that the fake answers with.
var (
	errUnauthorized     = no(http.StatusUnauthorized, 0, "401: Unauthorized")
	errNoRoute          = no(http.StatusNotFound, 0, "404: Not Found")
	errVersion          = no(http.StatusBadRequest, 50041, "Invalid API version provided")
	errUnknownApp       = no(http.StatusNotFound, 10002, "Unknown Application")
	errUnknownChannel   = no(http.StatusNotFound, 10003, "Unknown Channel")
	errUnknownGuild     = no(http.StatusNotFound, 10004, "Unknown Guild")
	errUnknownMember    = no(http.StatusNotFound, 10007, "Unknown Member")
	errUnknownMessage   = no(http.StatusNotFound, 10008, "Unknown Message")
	errUnknownUser      = no(http.StatusNotFound, 10013, "Unknown User")
	errUnknownWebhook   = no(http.StatusNotFound, 10015, "Unknown Webhook")
	errUnknownAction    = no(http.StatusNotFound, 10062, "Unknown interaction")
	errUnknownTag       = no(http.StatusNotFound, 10087, "Unknown tag")
	errTooLarge         = no(http.StatusRequestEntityTooLarge, 40005, "Request entity too large")
	errAcknowledged     = no(http.StatusBadRequest, 40060, "Interaction has already been acknowledged.")
	errTagRequired      = no(http.StatusBadRequest, 40067, "A tag is required to create a forum post in this channel")
	errAccess           = no(http.StatusForbidden, 50001, "Missing Access")
	errForeign          = no(http.StatusForbidden, 50005, "Cannot edit a message authored by another user")
	errEmpty            = no(http.StatusBadRequest, 50006, "Cannot send an empty message")
	errCannotSend       = no(http.StatusForbidden, 50007, "Cannot send messages to this user")
	errNotText          = no(http.StatusBadRequest, 50008, "Cannot send messages in a non-text channel")
	errPermissions      = no(http.StatusForbidden, 50013, "Missing Permissions")
	errChannelType      = no(http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
	errToken            = no(http.StatusUnauthorized, 50027, "Invalid Webhook Token")
	errJSON             = no(http.StatusBadRequest, 50109, "The request body contains invalid JSON.")
	errArchived         = no(http.StatusBadRequest, 50083, "Thread is archived")
	errReplyPermission  = no(http.StatusBadRequest, 160002, "Cannot reply without permission to read message history")
	errThreadExists     = no(http.StatusBadRequest, 160004, "A thread has already been created for this message")
	errThreadLocked     = no(http.StatusBadRequest, 160005, "Thread is locked")
	errBroken           = no(http.StatusInternalServerError, 0, "500: Internal Server Error")
	errUnavailable      = no(http.StatusServiceUnavailable, 0, "503: Service Unavailable")
	errBadGatewayAnswer = no(http.StatusBadGateway, 0, "502: Bad Gateway")
)

package bot

// Trouble notes how something beside the desk fares, such as a program that is
// handed events: err is shown where people look at sources, until it is nil.
func (d *Desk) Trouble(what string, err error) { d.troubled(what, err) }

package readiness

// evidence collects what parts of a status say. The worst counts: failed, in progress, ready.
type evidence struct{ failed, waiting, ready string }

// add takes in what one part says, with the words for it. Unjudged says nothing.
func (e *evidence) add(s State, why string) {
	switch {
	case s == Failed && e.failed == "":
		e.failed = why
	case s == InProgress && e.waiting == "":
		e.waiting = why
	case s == Ready && e.ready == "":
		e.ready = why
	}
}

func (e *evidence) join(other evidence) {
	for s, why := range map[State]string{Failed: other.failed, InProgress: other.waiting, Ready: other.ready} {
		if why != "" {
			e.add(s, why)
		}
	}
}

func (e evidence) status() Status {
	switch {
	case e.failed != "":
		return Status{Failed, e.failed}
	case e.waiting != "":
		return Status{InProgress, e.waiting}
	case e.ready != "":
		return Status{Ready, e.ready}
	}
	return Status{Unjudged, "its status says nothing that is known"}
}

package readiness

import (
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// wordFields are where custom kinds keep their state as a word.
var wordFields = [][]string{
	{"phase"}, {"state"}, {"status"}, {"health"}, {"health", "status"}, {"healthStatus"}, {"currentState"},
	{"currentStatus"},
	{"lifecycleState"}, {"serviceStatus"}, {"jobStatus"}, {"jobStatus", "state"}, {"jobDeploymentStatus"},
	{"certificateStatus"},
	{"applicationState", "state"}, {"currentState", "currentStateSummary"}, {"connectionState", "lastObservedState"},
	{"clusterStatus"}, {"PostgresClusterStatus"}, {"stageStatus"}, {"updateStatus"}, {"compliant"},
	{"lastOperationStatus"},
	{"connectorState"}, {"overallStatus"}, {"provisioningState"}, {"printableStatus"},
	{"result"}, {"ready"}, {"readyToUse"}, {"created"}, {"initialized"}, {"provisioned"}, {"valid"},
}

// readyWords and failedWords are how controllers name an end; waitingWords what comes before one. They are compared
// without case, blanks, hyphens and underscores. A word that is in none of them says nothing.
var (
	readyWords = words(`ready running active available bound healthy ok green yellow succeeded success successful complete completed
		finished done established deployed online up synced insync installed provisioned issued valid enabled stable normal
		attached connected atlatestknown reconciled created applied true deploymentready clusterhealthy healthok optimal
		operational compliant`)
	failedWords = words(`failed failure error errored errors invalid aborted rejected failedvalidation partiallyfailed
		createfailed updatefailed addfailed syncfailed submissionfailed installfailed upgradefailed fatal terminalerror
		crashloopbackoff unrecoverable revoked denied cancelled canceled expired healtherr`)
	waitingWords = words(`pending progressing creating provisioning initializing initialising init initialized waiting starting
		scheduled scheduling reconciling updating upgrading deploying deleting terminating restarting scaling applyingchanges
		migratingdata inprogress processing queued new submitted unknown notready unavailable unhealthy red outofsync missing
		suspended paused stopped stopping installing installready pendinginstall upgradepending upgradeavailable settingup
		bootstrapping configuring validating resizing recovering repairing restoring rollingback finalizing preparing
		detached connecting disconnected importing unbound lost false accepted unset submitting pendingrerun joining
		waitingforleader transientfailure degraded idle warning healthwarn
		scalingup scalingdown notfound rejected noncompliant`)
)

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// finite are the kinds that run to an end, by their name: "Running" is no success of theirs.
var finite = regexp.MustCompile(`(Job|Run|Workflow|Backup|Restore|Build|Migration|Experiment|Task|Snapshot|Import|Order|Challenge|Request|Plan|Operation|Repair|Upgrade|DataVolume)$`)

// lasts are words that end as those of something that goes on to an end, and say that it serves.
var lasts = regexp.MustCompile(`(running|serving|listening|streaming|existing|operating|following|replicating)$`)

var blanks = strings.NewReplacer(" ", "", "-", "", "_", "")

// byWords judges by the words in the status. It is empty where no field has a known word.
func byWords(u *unstructured.Unstructured) evidence {
	var e evidence
	for _, field := range wordFields {
		value, found, _ := unstructured.NestedFieldNoCopy(u.Object, append([]string{"status"}, field...)...)
		word, isWord := wordOf(value)
		if !found || !isWord {
			continue
		}
		e.add(classify(u.GetKind(), word), strings.Join(field, ".")+" "+word)
	}
	return e
}

func wordOf(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		word, _, _ := strings.Cut(v, ", ") // some add why
		return word, word != ""
	case bool:
		return map[bool]string{true: "true", false: "false"}[v], true
	}
	return "", false
}

func classify(kind, word string) State {
	word = blanks.Replace(strings.ToLower(word))
	running := word == "running" || word == "active" || word == "created" || word == "issued" || word == "bound"
	switch {
	case failedWords[word]:
		return Failed
	case waitingWords[word], running && finite.MatchString(kind):
		return InProgress
	case readyWords[word]:
		return Ready
	case hasSuffix(word, "ing") && !lasts.MatchString(word), hasSuffix(word, "error", "failed", "failure"):
		return InProgress // a word of the kind's own, which may still change
	}
	return Unjudged
}

package build

import "time"

// CloudBuild says where and how Google Cloud Build builds.
type CloudBuild struct {
	// Project is the ID of the builds' project.
	Project string
	// Region is where builds run: global, or a region such as europe-west1.
	Region string
	// Bucket is the Cloud Storage bucket of sources and logs; "" is PROJECT_cloudbuild, as of gcloud builds submit.
	Bucket string
	// ServiceAccount is the e-mail address of the account that builds act as; "" is the project's default one.
	ServiceAccount string
	// WorkerPool is projects/P/locations/REGION/workerPools/W; "" is the default pool.
	WorkerPool string
	// MachineType is the builds' machine, such as E2_HIGHCPU_8; "" is the smallest, or what the pool has.
	MachineType string
	// Timeout bounds each build; Cloud Build itself ends it then.
	Timeout time.Duration
}

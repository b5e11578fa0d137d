{{- /* The pod, whether it is one with a volume or one of several. */ -}}
{{- define "berth.pod" -}}
{{- include "berth.check" . | trim -}}
metadata:
  labels:
    {{- include "berth.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # Berth takes a changed file over by itself; addresses and the directory need a new pod.
    berth/config: {{ include "berth.config" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "berth.serviceAccountName" . }}
  automountServiceAccountToken: false
  # Kubernetes would add variables such as BERTH_PORT for the service.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: { type: RuntimeDefault }
  containers:
    - name: berth
      image: {{ include "berth.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [--config, /etc/berth/config.yaml]
      {{- if or .Values.cluster.existingSecret .Values.env }}
      env:
        {{- if .Values.cluster.existingSecret }}
        # Where the others reach it.
        - name: POD_IP
          valueFrom: { fieldRef: { fieldPath: status.podIP } }
        {{- end }}
        {{- with .Values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      {{- with .Values.envFrom }}
      envFrom: {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - { name: registry, containerPort: 8080 }
        - { name: admin, containerPort: 8081 }
        {{- if .Values.forward.enabled }}
        - { name: forward, containerPort: 3128 }
        {{- end }}
        {{- if .Values.cluster.existingSecret }}
        - { name: peers, containerPort: 8082 }
        {{- end }}
      {{- if and (gt (int .Values.replicas) 1) (semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version) }}
      # Until every node has heard that it is going, it still gets connections.
      lifecycle:
        preStop: { sleep: { seconds: 5 } }
      {{- end }}
      {{- $scheme := ternary "HTTPS" "HTTP" (ne .Values.tls.existingSecret "") }}
      # A large cache is opened within a second; a lost index is rebuilt from the content first.
      startupProbe:
        httpGet: { path: /livez, port: registry, scheme: {{ $scheme }} }
        periodSeconds: 2
        failureThreshold: 150
      livenessProbe:
        httpGet: { path: /livez, port: registry, scheme: {{ $scheme }} }
        periodSeconds: 10
        timeoutSeconds: 5
      readinessProbe:
        httpGet: { path: /readyz, port: registry, scheme: {{ $scheme }} }
        periodSeconds: 5
        timeoutSeconds: 5
      {{- with .Values.resources }}
      resources: {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      volumeMounts:
        - { name: data, mountPath: /data }
        - { name: config, mountPath: /etc/berth, readOnly: true }
        {{- if .Values.tls.existingSecret }}
        - { name: tls, mountPath: /run/secrets/berth-tls, readOnly: true }
        {{- end }}
        {{- if .Values.admin.existingSecret }}
        - { name: admin, mountPath: /run/secrets/berth-admin, readOnly: true }
        {{- end }}
        {{- if .Values.cluster.existingSecret }}
        - { name: cluster, mountPath: /run/secrets/berth-cluster, readOnly: true }
        {{- end }}
  volumes:
    - name: config
      configMap: { name: {{ include "berth.fullname" . }} }
    {{- with .Values.tls.existingSecret }}
    - name: tls
      secret: { secretName: {{ . }} }
    {{- end }}
    {{- with .Values.admin.existingSecret }}
    - name: admin
      secret: { secretName: {{ . }} }
    {{- end }}
    {{- with .Values.cluster.existingSecret }}
    - name: cluster
      secret: { secretName: {{ . }} }
    {{- end }}
    {{- if not .Values.persistence.enabled }}
    - name: data
      emptyDir: {{ ternary (dict "sizeLimit" .Values.persistence.size) dict (gt (int .Values.replicas) 1) | toJson }}
    {{- else if gt (int .Values.replicas) 1 }}
    # Each pod has one of its own, which goes with it.
    - name: data
      ephemeral:
        volumeClaimTemplate: {{- include "berth.claim" . | nindent 10 }}
    {{- else if .Values.persistence.existingClaim }}
    - name: data
      persistentVolumeClaim: { claimName: {{ .Values.persistence.existingClaim }} }
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.affinity }}
  affinity: {{- toYaml .Values.affinity | nindent 4 }}
  {{- else if gt (int .Values.replicas) 1 }}
  affinity:
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 100
          podAffinityTerm:
            topologyKey: kubernetes.io/hostname
            labelSelector:
              matchLabels: {{- include "berth.selectorLabels" . | nindent 16 }}
  {{- end }}
  {{- if .Values.topologySpreadConstraints }}
  topologySpreadConstraints: {{- toYaml .Values.topologySpreadConstraints | nindent 4 }}
  {{- else if gt (int .Values.replicas) 1 }}
  topologySpreadConstraints:
    - topologyKey: topology.kubernetes.io/zone
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "berth.selectorLabels" . | nindent 10 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- /* The metadata and spec of a pod's own volume. */ -}}
{{- define "berth.claim" -}}
metadata:
  labels: {{- include "berth.selectorLabels" . | nindent 4 }}
  {{- with .Values.persistence.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  accessModes: {{- toYaml .Values.persistence.accessModes | nindent 4 }}
  {{- with .Values.persistence.storageClass }}
  storageClassName: {{ . | quote }}
  {{- end }}
  resources:
    requests:
      storage: {{ .Values.persistence.size }}
{{- end }}

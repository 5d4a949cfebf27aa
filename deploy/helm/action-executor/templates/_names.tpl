{{- define "action-executor.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "action-executor.selector" -}}
app.kubernetes.io/name: action-executor
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "action-executor.labels" -}}
{{ include "action-executor.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* The settings file: what the values say, and what the chart knows. */}}
{{- define "action-executor.settings" -}}
{{- $own := dict "listen" "0.0.0.0:8080" "admin" "0.0.0.0:8081" "actions" "/etc/action-executor/actions.d" "admin_token" "file:/run/secrets/action-executor/admin/admin-token" -}}
{{- if .Values.state.existingSecret -}}
{{- $_ := set $own "state" "file:/run/secrets/action-executor/state/address" -}}
{{- $_ := set $own "state_key" "file:/run/secrets/action-executor/state/key" -}}
{{- end -}}
{{- if .Values.tls.existingSecret -}}
{{- $_ := set $own "tls" (dict "certificate" "/run/secrets/action-executor/tls/tls.crt" "key" "/run/secrets/action-executor/tls/tls.key") -}}
{{- end -}}
{{- toYaml (merge $own .Values.settings) -}}
{{- end -}}

; The Windows installer: per user, without administrator rights. packaging/windows_setup.py compiles it.
;
; Needs -DVERSION=1.2.3 -DPAYLOAD=folder -DSIZE_KB=n -DICON=file -DPANEL=file -DOUT=file; -DSIGN=command signs what it makes.
;
; Layout of $INSTDIR: `uninstall.exe`, which also marks the folder as ours, and `app`, the program. An upgrade unpacks into
; `app.new`, renames `app` to `app.old` and `app.new` to `app`, then deletes `app.old`: whenever it is stopped, `app` is
; the old or the new program as a whole. Only between the two renames there is no `app`; HealFolder puts the old one
; back. It is called at the next start of setup or uninstaller, and at the next logon by an entry under RunOnce.

Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
SetCompressorDictSize 64
!define PRODUCT "FREESPORT Sync"
!define ID "freesport-sync"
!define DATA "$LOCALAPPDATA\freesport_sync"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${ID}"
!define OWN_KEY "Software\${ID}"
!define RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define ONCE_KEY "Software\Microsoft\Windows\CurrentVersion\RunOnce"
!define RUN_VALUE "FREESPORT Sync" ; the same as in freesport_sync/services/autostart.py
!define TASK "FREESPORT Sync import ($UserName)" ; the same as in freesport_sync/services/windows_task.py
!define WORKER_TASK "FREESPORT Sync worker ($UserName)" ; likewise
!define FIRST_BUILD 17763 ; Windows 10 1809, the oldest that Qt supports

; Exit codes; 1 and 2 are what NSIS itself sets.
!define CANCELLED 1
!define FAILED 2
!define RUNNING 3
!define WINDOWS_TOO_OLD 4
!define FOREIGN_FOLDER 5
!define NO_TASK 6

Name "${PRODUCT} ${VERSION}"
BrandingText "${PRODUCT} ${VERSION}"
OutFile "${OUT}"
RequestExecutionLevel user
ManifestSupportedOS all
ManifestDPIAware true
AllowSkipFiles off ; half a program must not take the old one's place
InstallDir "$LOCALAPPDATA\Programs\${ID}"
InstallDirRegKey HKCU "${OWN_KEY}" "InstallDir"
ShowInstDetails nevershow
ShowUninstDetails nevershow

!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include Sections.nsh
!include WinVer.nsh
!include WinMessages.nsh
!include nsDialogs.nsh

Var UserName
Var IsUpgrade ; "1": there is a program in $INSTDIR
Var HasTask ; "1": the nightly import is in the Task Scheduler
Var HasWorker ; "1": a worker for queued tasks is in the Task Scheduler
Var TaskTime ; of /TASK=, else empty
Var Purge ; "1": delete the data too
Var PurgeBox

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${PANEL}"
!define MUI_ABORTWARNING
!define MUI_WELCOMEPAGE_TITLE "$(WELCOME_TITLE)"
!define MUI_WELCOMEPAGE_TEXT "$(WELCOME_TEXT)"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_DIRECTORY
!define MUI_COMPONENTSPAGE_SMALLDESC
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN "$INSTDIR\app\freesport-sync-window.exe"
!insertmacro MUI_PAGE_FINISH
UninstPage custom un.ShowDataPage un.LeaveDataPage
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "Russian" ; the first is also that of every other Windows
!insertmacro MUI_LANGUAGE "English"
!include texts.nsh

; Say why and end with an exit code; before anything has changed.
!macro REFUSE TEXT CODE
  MessageBox MB_OK|MB_ICONSTOP "${TEXT}" /SD IDOK
  SetErrorLevel ${CODE}
  Quit
!macroend

; Two at once would rename each other's folders.
!macro ONE_AT_A_TIME
  System::Call 'kernel32::CreateMutexW(p 0, i 0, w "Local\${ID}-setup") p .r0 ?e'
  Pop $0
  ${If} $0 = 183 ; ERROR_ALREADY_EXISTS
    !insertmacro REFUSE "$(SETUP_RUNS)" ${RUNNING}
  ${EndIf}
!macroend

!include worker.nsh
!include folder.nsh
!include path.nsh
!include passwords.nsh

VIProductVersion "${VERSION}.0"
VIFileVersion "${VERSION}.0"
!macro VERSION_INFO LANGUAGE DESCRIPTION
  VIAddVersionKey /LANG=${LANGUAGE} "ProductName" "${PRODUCT}"
  VIAddVersionKey /LANG=${LANGUAGE} "ProductVersion" "${VERSION}"
  VIAddVersionKey /LANG=${LANGUAGE} "FileVersion" "${VERSION}"
  VIAddVersionKey /LANG=${LANGUAGE} "FileDescription" "${DESCRIPTION}"
  VIAddVersionKey /LANG=${LANGUAGE} "CompanyName" "FREESPORT"
  VIAddVersionKey /LANG=${LANGUAGE} "LegalCopyright" "FREESPORT"
!macroend
!insertmacro VERSION_INFO ${LANG_RUSSIAN} "Установка ${PRODUCT}"
!insertmacro VERSION_INFO ${LANG_ENGLISH} "${PRODUCT} setup"

!ifdef SIGN
  !uninstfinalize '${SIGN} "%1"' = 0
  !finalize '${SIGN} "%1"' = 0
!endif

Section "$(PROGRAM)" ProgramPart
  SectionIn RO
  SetShellVarContext current
  SetOutPath "$INSTDIR"
  ${IfNot} ${FileExists} "$INSTDIR\uninstall.exe"
    WriteUninstaller "$INSTDIR\uninstall.exe"
  ${EndIf}
  Call MakeRoom
  SetOutPath "$INSTDIR\app.new"
  File /r "${PAYLOAD}/*"
  Call TakeBootstrapFile
  SetOutPath "$INSTDIR" ; Windows does not rename a folder that a program works in
  Call StopWorker
  Call RefuseRunning
  Call SwapFolders
  WriteUninstaller "$INSTDIR\uninstall.new"
  System::Call 'kernel32::MoveFileExW(w "$INSTDIR\uninstall.new", w "$INSTDIR\uninstall.exe", i 1)'
  CreateShortcut "$SMPROGRAMS\${PRODUCT}.lnk" "$INSTDIR\app\freesport-sync-window.exe"
  WriteRegStr HKCU "${OWN_KEY}" "InstallDir" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "${PRODUCT}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "FREESPORT"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\app\freesport-sync-window.exe"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" ${SIZE_KB}
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1 ; it would need the whole setup in $INSTDIR; running setup again repairs
SectionEnd

Section "$(COMMAND_IN_PATH)" PathPart
SectionEnd

Section /o "$(DESKTOP_ICON)" DesktopPart
SectionEnd

Section /o "$(TRAY)" AutostartPart
SectionEnd

Section /o "$(NIGHTLY_IMPORT)" TaskPart
SectionEnd

Section /o "$(WORKER)" WorkerPart
SectionEnd

; Bring about what was chosen; what was chosen before and is not any more is removed.
Section "-choices"
  StrCpy $R0 "$INSTDIR\app"
  ${If} ${SectionIsSelected} ${PathPart}
    Call AddToPath
  ${Else}
    Call RemoveFromPath
  ${EndIf}
  ${If} ${SectionIsSelected} ${DesktopPart}
    CreateShortcut "$DESKTOP\${PRODUCT}.lnk" "$INSTDIR\app\freesport-sync-window.exe"
  ${Else}
    Delete "$DESKTOP\${PRODUCT}.lnk"
  ${EndIf}
  ${If} ${SectionIsSelected} ${AutostartPart}
    WriteRegStr HKCU "${RUN_KEY}" "${RUN_VALUE}" '"$INSTDIR\app\freesport-sync-window.exe" --tray'
  ${Else}
    DeleteRegValue HKCU "${RUN_KEY}" "${RUN_VALUE}"
  ${EndIf}
  Call SetTask
  Call SetWorker
SectionEnd

Section "Uninstall"
  SetShellVarContext current
  Call un.StopWorker
  Call un.RefuseRunning
  nsExec::ExecToStack '"$SYSDIR\schtasks.exe" /Delete /F /TN "${TASK}"'
  Pop $0
  Pop $0
  nsExec::ExecToStack '"$SYSDIR\schtasks.exe" /Delete /F /TN "${WORKER_TASK}"'
  Pop $0
  Pop $0
  StrCpy $R0 "$INSTDIR\app"
  Call un.RemoveFromPath
  DeleteRegValue HKCU "${RUN_KEY}" "${RUN_VALUE}"
  DeleteRegValue HKCU "${ONCE_KEY}" "${ID}"
  Delete "$SMPROGRAMS\${PRODUCT}.lnk"
  Delete "$DESKTOP\${PRODUCT}.lnk"
  RMDir /r "$INSTDIR\app"
  RMDir /r "$INSTDIR\app.old"
  RMDir /r "$INSTDIR\app.new"
  ${If} $Purge == 1
    RMDir /r "${DATA}"
    Call un.ForgetPasswords
  ${EndIf}
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
  DeleteRegKey HKCU "${OWN_KEY}"
SectionEnd

!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${ProgramPart} "$(PROGRAM_ABOUT)"
  !insertmacro MUI_DESCRIPTION_TEXT ${PathPart} "$(COMMAND_IN_PATH_ABOUT)"
  !insertmacro MUI_DESCRIPTION_TEXT ${DesktopPart} "$(DESKTOP_ICON_ABOUT)"
  !insertmacro MUI_DESCRIPTION_TEXT ${AutostartPart} "$(TRAY_ABOUT)"
  !insertmacro MUI_DESCRIPTION_TEXT ${TaskPart} "$(NIGHTLY_IMPORT_ABOUT)"
  !insertmacro MUI_DESCRIPTION_TEXT ${WorkerPart} "$(WORKER_ABOUT)"
!insertmacro MUI_FUNCTION_DESCRIPTION_END

Function .onInit
  ReadEnvStr $UserName USERNAME
  ${IfNot} ${AtLeastBuild} ${FIRST_BUILD}
    !insertmacro REFUSE "$(OLD_WINDOWS)" ${WINDOWS_TOO_OLD}
  ${EndIf}
  !insertmacro ONE_AT_A_TIME
  Call RefuseForeignFolder
  Call HealFolder
  Call FindWorker
  ${If} $HasWorker != 1 ; else it is stopped, and looked again, when the new program is unpacked
    Call RefuseRunning
  ${EndIf}
  Call ChooseAsBefore
  Call ChooseAsAsked
FunctionEnd

; Whoever chooses another folder may have an installation there; its files are checked before they are replaced.
Function .onVerifyInstDir
  ${If} ${FileExists} "$INSTDIR\app\*.*"
  ${AndIfNot} ${FileExists} "$INSTDIR\uninstall.exe"
    Abort
  ${EndIf}
FunctionEnd

Function .onInstFailed
  SetOutPath "$TEMP"
  RMDir /r "$INSTDIR\app.new"
  DeleteRegValue HKCU "${ONCE_KEY}" "${ID}"
  ${IfNot} ${FileExists} "$INSTDIR\app\*.*"
    Delete "$INSTDIR\uninstall.exe"
    RMDir "$INSTDIR"
  ${EndIf}
  Call ResumeWorker
FunctionEnd

!macro CHOOSE SECTION CONDITION
  ${If} ${CONDITION}
    !insertmacro SelectSection ${SECTION}
  ${Else}
    !insertmacro UnselectSection ${SECTION}
  ${EndIf}
!macroend

; An upgrade keeps what there is.
Function ChooseAsBefore
  ${If} ${FileExists} "$INSTDIR\app\*.*"
    StrCpy $IsUpgrade 1
  ${EndIf}
  nsExec::ExecToStack '"$SYSDIR\schtasks.exe" /Query /TN "${TASK}"'
  Pop $0
  Pop $1
  ${If} $0 == 0
    StrCpy $HasTask 1
  ${EndIf}
  ${If} $IsUpgrade == 1
    StrCpy $R0 "$INSTDIR\app"
    Call IsInPath
    !insertmacro CHOOSE ${PathPart} "$R1 = 1"
    !insertmacro CHOOSE ${DesktopPart} `${FileExists} "$DESKTOP\${PRODUCT}.lnk"`
    ReadRegStr $0 HKCU "${RUN_KEY}" "${RUN_VALUE}"
    !insertmacro CHOOSE ${AutostartPart} `$0 != ""`
    !insertmacro CHOOSE ${TaskPart} "$HasTask = 1"
    !insertmacro CHOOSE ${WorkerPart} "$HasWorker = 1"
  ${EndIf}
FunctionEnd

!macro CHOOSE_AS_ASKED SWITCH SECTION
  ClearErrors
  ${GetOptions} $R0 "${SWITCH}" $R1
  ${IfNot} ${Errors}
    !insertmacro CHOOSE ${SECTION} `$R1 != "0"`
  ${EndIf}
!macroend

; /PATH=0 /DESKTOP=1 /AUTOSTART=1 /TASK=03:30 /WORKER=1 choose the parts of a silent installation.
Function ChooseAsAsked
  ${GetParameters} $R0
  !insertmacro CHOOSE_AS_ASKED "/PATH=" ${PathPart}
  !insertmacro CHOOSE_AS_ASKED "/DESKTOP=" ${DesktopPart}
  !insertmacro CHOOSE_AS_ASKED "/AUTOSTART=" ${AutostartPart}
  !insertmacro CHOOSE_AS_ASKED "/TASK=" ${TaskPart}
  !insertmacro CHOOSE_AS_ASKED "/WORKER=" ${WorkerPart}
  ${If} ${SectionIsSelected} ${TaskPart}
    ${GetOptions} $R0 "/TASK=" $TaskTime
  ${EndIf}
FunctionEnd

; The program itself describes the task to Windows; an existing one keeps its time unless another is given.
Function SetTask
  ${If} ${SectionIsSelected} ${TaskPart}
    ${If} $HasTask == 1
    ${AndIf} $TaskTime == ""
      Return
    ${EndIf}
    ${If} $TaskTime == ""
      StrCpy $TaskTime "03:30"
    ${EndIf}
    nsExec::ExecToStack '"$INSTDIR\app\freesport-sync.exe" --schedule-import "$TaskTime"'
    Pop $0
    Pop $1
    ${If} $0 != 0
      MessageBox MB_OK|MB_ICONEXCLAMATION "$(TASK_FAILED)$\r$\n$\r$\n$1" /SD IDOK
      SetErrorLevel ${NO_TASK}
    ${EndIf}
  ${ElseIf} $HasTask == 1
    nsExec::ExecToStack '"$SYSDIR\schtasks.exe" /Delete /F /TN "${TASK}"'
    Pop $0
    Pop $1
  ${EndIf}
FunctionEnd

; The program itself describes the task, for its folder; an existing one may be that of another folder.
Function SetWorker
  ${If} ${SectionIsSelected} ${WorkerPart}
    StrCpy $HasWorker 1
    InitPluginsDir
    nsExec::ExecToStack '"$INSTDIR\app\freesport-sync.exe" --work --print-service --output "$PLUGINSDIR\worker.xml"'
    Pop $0
    Pop $1
    ${If} $0 == 0
      nsExec::ExecToStack '"$SYSDIR\schtasks.exe" /Create /F /TN "${WORKER_TASK}" /XML "$PLUGINSDIR\worker.xml"'
      Pop $0
      Pop $1
    ${EndIf}
    ${If} $0 != 0
      MessageBox MB_OK|MB_ICONEXCLAMATION "$(WORKER_FAILED)$\r$\n$\r$\n$1" /SD IDOK
      SetErrorLevel ${NO_TASK}
    ${EndIf}
    Call ResumeWorker
  ${ElseIf} $HasWorker == 1
    !insertmacro SCHTASKS "/Delete /F"
  ${EndIf}
FunctionEnd

Function un.onInit
  ReadEnvStr $UserName USERNAME
  !insertmacro ONE_AT_A_TIME
  ${GetParameters} $R0
  Call un.HealFolder
  ClearErrors
  ${GetOptions} $R0 "/HEAL" $R1
  ${IfNot} ${Errors}
    SetErrorLevel 0
    Quit
  ${EndIf}
  ClearErrors
  ${GetOptions} $R0 "/PURGE" $R1
  ${IfNot} ${Errors}
    StrCpy $Purge 1
  ${EndIf}
  Call un.FindWorker
  ${If} $HasWorker != 1
    Call un.RefuseRunning
  ${EndIf}
FunctionEnd

Function un.ShowDataPage
  !insertmacro MUI_HEADER_TEXT "$(UNINSTALL_TITLE)" "$(UNINSTALL_SUBTITLE)"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateLabel} 0 0 100% 40u "$(UNINSTALL_TEXT)"
  Pop $0
  ${NSD_CreateCheckbox} 0 48u 100% 12u "$(UNINSTALL_DATA)"
  Pop $PurgeBox
  ${NSD_CreateLabel} 12u 62u 94% 40u "$(UNINSTALL_DATA_ABOUT)"
  Pop $0
  ${If} $Purge == 1
    ${NSD_Check} $PurgeBox
  ${EndIf}
  nsDialogs::Show
FunctionEnd

Function un.LeaveDataPage
  ${NSD_GetState} $PurgeBox $Purge
FunctionEnd
